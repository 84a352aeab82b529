"""What an ELF file says of itself, as far as an allocator is concerned."""

import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

_SYMBOL = struct.Struct("<IBBHQQ")  # Elf64_Sym, little-endian


class NotElf(Exception):
    """The file is none, or a damaged one; the message says what is wrong."""


@dataclass(frozen=True)
class Elf:
    """One executable or library."""

    path: Path
    machine: str  # as in EM_<machine>
    bits: int
    interpreter: str  # the loader that it names; "" for none
    executable: bool  # a program, static or dynamic, rather than a library
    needed: tuple[str, ...]
    sections: frozenset[str]
    exported: frozenset[str]  # of the names asked for: defined for everyone
    defined: frozenset[str]  # exported, or global within the file
    imported: frozenset[str]


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def read_elf(path: Path, names: frozenset[str]) -> Elf:
    """The file, with those of the `names` among its symbols.  Raises NotElf, OSError."""
    try:
        with path.open("rb") as file:
            return _read(path, ELFFile(file), names)
    except (ELFError, struct.error, ValueError, KeyError, AttributeError, UnicodeError) as error:
        raise NotElf(f"{path}: a damaged ELF file ({error or type(error).__name__})") from None


def _read(path: Path, elf: ELFFile, names: frozenset[str]) -> Elf:
    interpreter, tags = "", []
    for segment in elf.iter_segments():
        if segment.header.p_type == "PT_INTERP":
            interpreter = segment.get_interp_name()
        elif segment.header.p_type == "PT_DYNAMIC":
            tags = list(segment.iter_tags())
    exported, imported = _symbols(elf, ".dynsym", names)
    inside, _ = _symbols(elf, ".symtab", names)
    flags = [tag.entry.d_val for tag in tags if tag.entry.d_tag == "DT_FLAGS_1"]
    pie = bool(flags) and bool(flags[0] & 0x08000000)  # DF_1_PIE
    return Elf(
        path=path,
        machine=elf.header.e_machine if isinstance(elf.header.e_machine, str) else (
            f"number {elf.header.e_machine}"),
        bits=elf.elfclass,
        interpreter=interpreter,
        executable=elf.header.e_type == "ET_EXEC" or bool(interpreter) or pie,
        needed=tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
        sections=frozenset(section.name for section in elf.iter_sections()),
        exported=exported,
        defined=exported | inside,
        imported=imported,
    )


def _symbols(elf: ELFFile, table: str, names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Of the names: those that the table defines as global or weak, and those it leaves undefined.

    Tables have millions of entries, so no object is made of each.
    """
    section = elf.get_section_by_name(table)
    if section is None or elf.elfclass != 64 or not elf.little_endian:
        return frozenset(), frozenset()
    strings = elf.get_section(section.header.sh_link).data()
    at = {offset: name for name in names for offset in _offsets(strings, name)}
    defined, undefined = set(), set()
    data = section.data()
    for offset, info, _, index, _, _ in _SYMBOL.iter_unpack(data[: len(data) // 24 * 24]):
        if offset in at and info >> 4:  # not STB_LOCAL
            (defined if index else undefined).add(at[offset])
    return frozenset(defined), frozenset(undefined)


def _offsets(strings: bytes, name: str) -> list[int]:
    """The offsets at which the name ends a string: names share their tails."""
    found, text = [], name.encode() + b"\0"
    at = strings.find(text)
    while at >= 0:
        found.append(at)
        at = strings.find(text, at + 1)
    return found
