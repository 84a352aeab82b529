"""Samples of a running program, taken and reported by perf."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.lab import stacks, tools
from bench.lab.rows import UsageError
from bench.lab.tools import ToolError

PACKAGE = "linux-perf"
FREQUENCY = 3999  # samples a second; no divisor of what a program does in step with the clock
# Bytes of the stack that each sample copies.  The allocators and the benchmarks are compiled
# without frame pointers, so that callers are found from their unwinding tables and the stack.
STACK_BYTES = 8192
FEW = 1000  # with fewer samples, a share of 50 % is off by more than 3 percentage points
_LIMIT = Path("/proc/sys/kernel/perf_event_max_sample_rate")
_LOST = re.compile(r"lost (\d+)", re.IGNORECASE)
_REPORT_SECONDS = 600


@dataclass(frozen=True)
class Event:
    """What a sample is taken every so often of."""

    name: str  # as perf calls it
    hardware: bool  # cycles; without counters the kernel's clock of the processor's time


EVENTS = (Event("cycles", True), Event("cycles:u", True),
          Event("cpu-clock", False), Event("cpu-clock:u", False))


def counts(text: str) -> bool:
    """Whether perf stat -x, says that it has counted something: "<number>,unit,event,..."."""
    for line in text.splitlines():
        number = line.split(",")[0]
        if re.fullmatch(r"\d+(\.\d+)?", number) and float(number) > 0:
            return True
    return False


def event() -> Event:
    """The first of EVENTS that counts on this machine.

    Raises ToolError if perf is missing, or may not count anything.
    """
    tools.require("perf", PACKAGE)
    why = ""
    for one in EVENTS:
        done = subprocess.run(["perf", "stat", "-x,", "-e", one.name, "--", "true"], check=False,
                              capture_output=True, text=True, errors="replace", timeout=60)
        if done.returncode == 0 and counts(done.stderr):
            return one
        why = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
    raise ToolError(f"perf counts nothing here ({why}); run it as root, or where "
                    "/proc/sys/kernel/perf_event_paranoid is 2 or less; --instructions needs "
                    "neither")


def frequency(asked: int | None) -> int:
    """Samples a second: --frequency, or the default as far as the kernel allows it.

    Raises UsageError for more than it allows.
    """
    try:
        limit = int(_LIMIT.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return asked or FREQUENCY
    if asked is not None and asked > limit:
        raise UsageError(f"--frequency: {asked} is not in 1..{limit} ({_LIMIT})")
    return asked or min(FREQUENCY, limit)


def command(what: Event, hertz: int, data: Path, program: list[str],
            environment: dict[str, str]) -> list[str]:
    """The command that records the program; only the program gets the environment."""
    launcher = ["env", *(f"{name}={value}" for name, value in environment.items())]
    return ["perf", "record", "--event", what.name, "--freq", str(hertz),
            "--call-graph", f"dwarf,{STACK_BYTES}", "--no-buildid-cache", "--output", str(data),
            "--", *(launcher if environment else []), *program]


def read(data: Path) -> stacks.Samples:
    """The samples of a recording.  Raises ToolError if perf cannot read it, and for none."""
    text = tools.capture(["perf", "script", "--input", str(data), "--no-inline",
                          "--fields", stacks.FIELDS], _REPORT_SECONDS)
    samples = stacks.read(text)
    if not samples.count:
        raise ToolError("no sample was taken: give the program more to do with --args, or take "
                        "more with --frequency")
    return samples


def report(data: Path) -> str:
    """report.txt: functions by their own share, then each with its callers."""
    common = ["perf", "report", "--input", str(data), "--stdio", "--no-inline", "--no-children",
              "--percent-limit", "0.1", "--sort", "symbol,dso"]
    flat = tools.capture([*common, "--call-graph", "none"], _REPORT_SECONDS)
    callers = tools.capture([*common, "--call-graph", "graph,0.5,callee"], _REPORT_SECONDS)
    return f"Functions by their own share\n\n{flat}\n\nFunctions and their callers\n\n{callers}"


def warnings(samples: stacks.Samples, printed: str) -> list[str]:
    """What makes a recording doubtful; `printed` is what perf said while it recorded."""
    found = []
    if samples.count < FEW:
        found.append(f"{samples.count} samples are few: a share of 50 % is off by up to "
                     f"{_error(samples.count):.0f} percentage points; record a longer run with "
                     "--args, or more often with --frequency")
    lost = _LOST.search(printed)
    if lost:
        found.append(f"perf lost {lost[1]} pieces of the recording: lower --frequency")
    return found


def _error(count: int) -> float:
    """Half the 95 % interval of a share of 50 %, percentage points."""
    return min(50.0, 98 / max(count, 1) ** 0.5)
