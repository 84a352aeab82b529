"""One run of a program under strace: its system calls, by name.

A benchmark program is counted between its two calls of getrusage, which are those of bench_start
and bench_stop (bench/harness/result.c); of any other command all processes are counted, from start
to end.
"""

import re
from collections import Counter
from pathlib import Path

from bench.lab.base import tools
from bench.lab.base.errors import ToolError
from bench.lab.count.counted import UNTIMED, Tally
from bench.lab.count.kinds import CALL, CALLS, WAITS
from bench.lab.run import execute
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

PACKAGE = "strace"
_MARK = "getrusage"
# "4062  futex(0x55.., FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>"; a line that goes on with a
# call, as "4062  <... futex resumed>", is none of these.
_CALL = re.compile(r"^(?:\d+ +)?([a-z]\w*)\((.*)")


def require() -> None:
    """Raises ToolError if strace is not installed."""
    tools.require("strace", PACKAGE)


def count(variant: Variant, row: Row, timeout: float, log: Path) -> Tally:
    """One run; `log` has what was printed.  Raises ToolError if it fails."""
    calls = log.with_suffix(".calls")
    environment = variant.environment(row) | UNTIMED
    command = ["strace", "-f", "-qq", "-s", "0", "-e", "signal=none", "-o", str(calls),
               *(word for name, value in environment.items() for word in ("-E", f"{name}={value}")),
               *variant.command(row)]
    try:
        status, out, err = tools.watch(command, timeout, log, {}, row.folder)
        if status == 1 and err.startswith("strace: "):
            raise ToolError(err.splitlines()[0])
        ops = int(execute.require(status, out, timeout, "strace").ops)
        text = calls.read_text(encoding="utf-8", errors="replace")
    finally:
        calls.unlink(missing_ok=True)
    return {"ops": ops, **tally(text, whole=row.timed)}


def tally(text: str, whole: bool) -> Tally:
    """The calls that strace wrote down, all or between the marks.  Raises ToolError if there are
    not two marks."""
    found = [(match[1], match[2]) for match in map(_CALL.match, text.splitlines()) if match]
    if not whole:
        marks = [place for place, (name, _) in enumerate(found) if name == _MARK]
        if len(marks) != 2:
            raise ToolError(f"strace: the program called {_MARK} {len(marks)} times, not at the "
                            "start and the stop of what it measures")
        found = found[marks[0] + 1:marks[1]]
    names = Counter(_name(*one) for one in found)
    counts: Tally = {CALL + name: times for name, times in names.items()}
    return {**counts, CALLS.name: len(found), WAITS.name: names["futex_wait"]}


def _name(name: str, arguments: str) -> str:
    """The call's name; those of futex are told apart."""
    if name == "futex":
        for word in ("WAIT", "WAKE"):
            if f"FUTEX_{word}" in arguments:
                return f"futex_{word.lower()}"
    return name
