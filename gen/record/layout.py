"""The constants and structures of recorder/layout.h, as numpy has them.

The header is read, not written down again: a member that is added there can be read here by its
name.  What is understood of C is what that header needs: enums, structures of 8, 32 and 64 bit
numbers and of other structures, arrays, and an alignment to a page.
"""

import re
from pathlib import Path

import numpy as np

HEADER = Path(__file__).absolute().parent / "recorder" / "layout.h"

_NUMBERS = {"char": "S1", "uint32_t": "<u4", "uint64_t": "<u8", "int64_t": "<i8"}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ENUM = re.compile(r"enum \w* ?\{(.*?)\};", re.DOTALL)
_STRING = re.compile(r'#define (\w+) "(.*)"')
_STRUCT = re.compile(r"struct (\w+) \{(.*?)\n\}([^;]*);", re.DOTALL)
_ALIGNED = re.compile(r"__attribute__\(\(aligned\((\w+)\)\)\)")
_MEMBER = re.compile(r"(?:struct )?(\w+) (.*)", re.DOTALL)
_NAME = re.compile(r"(\w+)((?:\[[^\]]*\])*)")


def constants(text: str) -> dict[str, int | bytes]:
    """Name -> value of each constant of an enum, and of each string that is defined."""
    found: dict[str, int | bytes] = {}
    for body in _ENUM.findall(text):
        value = -1
        for name, _, stated in (part.partition("=") for part in body.split(",") if part.strip()):
            value = _number(stated, found) if stated else value + 1
            found[name.strip()] = value
    for name, stated in _STRING.findall(text):
        found[name] = stated.encode().decode("unicode_escape").encode()
    return found


def structures(text: str, known: dict[str, int | bytes]) -> dict[str, np.dtype]:
    """Name -> type of each structure, laid out as C does on machines of 64 bits."""
    types = {name: np.dtype(code) for name, code in _NUMBERS.items()}
    aligned = {name: type_.itemsize for name, type_ in types.items()}
    for name, body, attribute in _STRUCT.findall(text):
        names, formats, offsets, end, most = [], [], [], 0, 1
        for member in filter(None, (part.strip() for part in body.split(";"))):
            to = _ALIGNED.search(member)
            kind, declared = _MEMBER.fullmatch(_ALIGNED.sub("", member).strip()).groups()
            step = known[to[1]] if to else aligned[kind]
            most = max(most, step)
            for one, sizes in _NAME.findall(declared):
                shape = tuple(_number(size, known) for size in re.findall(r"\[([^\]]*)\]", sizes)
                              if size)
                if sizes == "[]":  # of any length, behind all others
                    continue
                names.append(one)
                formats.append((types[kind], shape) if shape else types[kind])
                offsets.append(-(-end // step) * step)
                end = offsets[-1] + types[kind].itemsize * int(np.prod(shape))
        to = _ALIGNED.search(attribute)
        aligned[name] = max(most, known[to[1]] if to else 1)
        types[name] = np.dtype({
            "names": names, "formats": formats, "offsets": offsets,
            "itemsize": -(-end // aligned[name]) * aligned[name],
        })
    return {name: type_ for name, type_ in types.items() if name not in _NUMBERS}


def _number(expression: str, known: dict[str, int | bytes]) -> int:
    """The value of a constant expression of C without casts."""
    return eval(expression.strip().replace("/", "//"), {"__builtins__": {}}, known)


_TEXT = _COMMENT.sub(" ", HEADER.read_text(encoding="utf-8"))
CONSTANTS = constants(_TEXT)
STRUCTURES = structures(_TEXT, CONSTANTS)
