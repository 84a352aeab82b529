"""Instructions of a program, counted by valgrind's callgrind."""

import re
from pathlib import Path

from bench.lab import tools
from bench.lab.stacks import UNKNOWN, Frame, Function
from bench.lab.tools import ToolError

PACKAGE = "valgrind"
SLOWER = 50  # times, about
_TOTAL = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+PROGRAM TOTALS$", re.MULTILINE)
_LINE = re.compile(r"^\s*(?P<count>[\d,]+) \(\s*[\d.]+%\)\s+(?P<mark>[*<>]\s+)?(?P<what>\S.*)$")
_WHAT = re.compile(r"(?:[^:]*:)?(?P<name>.+?)(?: \[(?P<object>[^\[\]]*)\])?$")
_REPORT_SECONDS = 600


def require() -> None:
    """Raises ToolError if a tool is missing."""
    tools.require("valgrind", PACKAGE)
    tools.require("callgrind_annotate", PACKAGE)


def command(data: Path, program: list[str]) -> list[str]:
    """The command that counts; `data` is what it writes."""
    out = str(data).replace("%", "%%")
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *program]


def annotate(data: Path) -> tuple[str, str]:
    """Functions by their own instructions, and all functions with their callers.

    Raises ToolError if the data cannot be read, as when the program never ended.
    """
    common = ["callgrind_annotate", "--auto=no", "--threshold=100"]
    flat = tools.capture([*common, str(data)], _REPORT_SECONDS)
    tree = tools.capture([*common, "--inclusive=yes", "--tree=caller", str(data)],
                         _REPORT_SECONDS)
    return flat, tree


def _counts(text: str, marked: bool) -> dict[Frame, int]:
    """Instructions by function; one that code of several files is part of has several lines.
    Where callers are listed, the line of a function itself has a star."""
    found: dict[Frame, int] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match or match["what"] == "PROGRAM TOTALS":
            continue
        if (match["mark"] or "").strip() != ("*" if marked else ""):
            continue
        what = _WHAT.match(match["what"])
        frame = Frame(what["name"], what["object"] or UNKNOWN)
        found[frame] = found.get(frame, 0) + int(match["count"].replace(",", ""))
    return found


def read(flat: str, tree: str) -> tuple[list[Function], int]:
    """The functions, those with the most instructions of their own first, and all instructions.

    Raises ToolError for text of another form.
    """
    total = _TOTAL.search(flat)
    if not total:
        raise ToolError("callgrind_annotate: its output has no line PROGRAM TOTALS")
    whole = int(total[1].replace(",", ""))
    own, inclusive = _counts(flat, False), _counts(tree, True)
    found = [Function(frame, count / whole, min(1.0, max(count, inclusive.get(frame, 0)) / whole))
             for frame, count in own.items()]
    return sorted(found, key=lambda one: (-one.self, one.frame.name)), whole
