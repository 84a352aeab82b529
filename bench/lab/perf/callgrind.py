"""Instructions of a program, counted by valgrind's callgrind."""

import re
from pathlib import Path

from bench.lab.base import progress, tools, valgrind
from bench.lab.base.errors import ToolError
from bench.lab.perf import shares
from bench.lab.perf.owner import Owners
from bench.lab.perf.shares import Shares
from bench.lab.perf.profiler import Profiler
from bench.lab.perf.stacks import UNKNOWN, Frame, Function

SLOWER = 50  # times, about
_TOTAL = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+PROGRAM TOTALS$", re.MULTILINE)
_LINE = re.compile(r"^\s*(?P<count>[\d,]+) \(\s*[\d.]+%\)\s+(?P<mark>[*<>]\s+)?(?P<what>\S.*)$")
_WHAT = re.compile(r"(?:[^:]*:)?(?P<name>.+?)(?: \[(?P<object>[^\[\]]*)\])?$")
_REPORT_SECONDS = 600


def annotate(data: Path) -> tuple[str, str]:
    """Functions by their own instructions, and all functions with their callers.

    Raises ToolError if the data cannot be read, as when the program never ended.
    """
    common = ["callgrind_annotate", "--auto=no", "--threshold=100"]
    flat = tools.capture([*common, str(data)], _REPORT_SECONDS)
    tree = tools.capture([*common, "--inclusive=yes", "--tree=caller", str(data)],
                         _REPORT_SECONDS)
    return flat, tree


def _counts(text: str, marked: bool) -> dict[tuple[str, str | None], int]:
    """Instructions by function and object.

    A function with code from several files has several lines, and not each of them names the
    object. In a list with callers, the line of the function itself has a star.
    """
    found: dict[tuple[str, str | None], int] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match or match["what"] == "PROGRAM TOTALS":
            continue
        if (match["mark"] or "").strip() != ("*" if marked else ""):
            continue
        what = _WHAT.match(match["what"])
        key = what["name"], what["object"]
        found[key] = found.get(key, 0) + int(match["count"].replace(",", ""))
    return found


def _frames(counts: dict[tuple[str, str | None], int]) -> dict[Frame, int]:
    """Instructions by frame.  A count without an object goes to the object in which the function of
    this name has most instructions."""
    objects: dict[str, str] = {}
    for (name, path), _ in sorted(counts.items(), key=lambda one: one[1]):
        if path is not None:
            objects[name] = path
    found: dict[Frame, int] = {}
    for (name, path), count in counts.items():
        frame = Frame(name, path or objects.get(name, UNKNOWN))
        found[frame] = found.get(frame, 0) + count
    return found


def read(flat: str, tree: str) -> tuple[list[Function], int]:
    """The functions, those with the most instructions of their own first, and all instructions.

    Raises ToolError for text of another form.
    """
    total = _TOTAL.search(flat)
    if not total:
        raise ToolError("callgrind_annotate: its output has no line PROGRAM TOTALS")
    whole = int(total[1].replace(",", ""))
    own, inclusive = _frames(_counts(flat, False)), _frames(_counts(tree, True))
    found = [Function(frame, count / whole, min(1.0, max(count, inclusive.get(frame, 0)) / whole))
             for frame, count in own.items()]
    return sorted(found, key=lambda one: (-one.self, one.frame.name)), whole


class Callgrind(Profiler):
    """Counts the instructions of each function."""

    tool, data = "valgrind", "raw/callgrind.out"
    no_flame_graph = ("callgrind counts calls from one function to another, not the whole stacks "
                      "that a flame graph is made of")

    def command(self) -> list[str]:
        return valgrind.callgrind(self.path, self.program.command)

    def environment(self) -> dict[str, str]:
        return self.program.environment

    def about(self) -> dict:
        return {"event": "instructions", "hardware": False, "frequency": None,
                "everywhere": False}

    def report(self, title: str, printed: str) -> Shares:
        with progress.step(self.console, "writing the report"):
            flat, tree = annotate(self.path)
            self.folder.write("report.txt", f"{title}\n\n{flat}\n{tree}")
        functions, whole = read(flat, tree)
        return shares.make(functions, Owners(self.program.variant, self.program.binary),
                           f"{whole:,} instructions", [])
