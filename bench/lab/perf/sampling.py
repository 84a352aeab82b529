"""Samples of a running program, taken and reported by perf."""

import dataclasses
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.lab.base import progress, tools
from bench.lab.base.errors import ToolError, UsageError
from bench.lab.perf import flame, shares, stacks
from bench.lab.perf.profiled import Profiled
from bench.lab.perf.owner import Owners
from bench.lab.perf.shares import Shares
from bench.lab.perf.profiler import Profiler
from bench.lab.run.folder import Files

PACKAGE = "linux-perf"
FREQUENCY = 4999  # samples a second; no divisor of what a program does in step with the clock
# Bytes of the stack that each sample copies.  The allocators and the benchmarks are compiled
# without frame pointers, so that callers are found from their unwinding tables and the stack.
STACK_BYTES = 4096
FEW = 1000  # with fewer samples, a share of 50 % is off by more than 3 percentage points
_LIMIT = Path("/proc/sys/kernel/perf_event_max_sample_rate")
_LOST = re.compile(r"samples and lost (\d+\.\d+%)")
_BUFFER = "4M"  # for each processor; others than root may not have so much
_REPORT_SECONDS = 600
# Their threads end before a clock of a thread's own ticks once: samples are taken of all that runs
# on the machine's processors, and those of the program are shown.
SHORT_THREADS = ("larson", "bench_churn")
_COMM = 15  # characters of a program's name that the kernel keeps


@dataclass(frozen=True)
class Event:
    """An event that perf counts; it takes a sample after so many of them."""

    name: str  # as perf calls it
    hardware: bool  # cycles; without counters the kernel's clock of the processor's time
    everywhere: bool = False  # on the processors rather than in the program's threads


EVENTS = (Event("cycles", True), Event("cycles:u", True),
          Event("cpu-clock", False), Event("cpu-clock:u", False))


def counts(text: str) -> bool:
    """Whether perf stat -x, says that it has counted something: "<number>,unit,event,..."."""
    for line in text.splitlines():
        number = line.split(",")[0]
        if re.fullmatch(r"\d+(\.\d+)?", number) and float(number) > 0:
            return True
    return False


def event(program: str) -> Event:
    """The first of EVENTS that counts on this machine, for a benchmark program.

    Raises ToolError if perf is missing, or may not count anything.
    """
    tools.require("perf", PACKAGE)
    if program in SHORT_THREADS:
        for one in EVENTS:
            if _refusal(one.name, ["--all-cpus"]) is None:
                return dataclasses.replace(one, everywhere=True)
    why: str | None = ""
    for one in EVENTS:
        why = _refusal(one.name, [])
        if why is None:
            return one
    raise ToolError(f"perf counts nothing here ({why}); run it as root, or where "
                    "/proc/sys/kernel/perf_event_paranoid is 2 or less; --instructions needs "
                    "neither")


def _refusal(name: str, options: list[str]) -> str | None:
    """The message of perf if it does not count the event; None if it does."""
    done = subprocess.run(["perf", "stat", "-x,", "-e", name, *options, "--", "true"], check=False,
                          capture_output=True, text=True, errors="replace", timeout=60)
    if done.returncode == 0 and counts(done.stderr):
        return None
    return (done.stderr.strip().splitlines() or ["it says nothing"])[0]


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
    """The command that records the program; only the program gets the environment.

    The file id_file(data) then holds the program's process id.
    """
    variables = ["env", *(f"{name}={value}" for name, value in environment.items())]
    return ["perf", "record", "--event", what.name, "--freq", str(hertz),
            "--call-graph", f"dwarf,{STACK_BYTES}",
            *(["--all-cpus"] if what.everywhere else []),
            *(["--mmap-pages", _BUFFER] if os.geteuid() == 0 else []),
            "--no-buildid-cache", "--output", str(data),
            "--", "sh", "-c", 'echo $$ >"$0" && exec "$@"', str(id_file(data)),
            *(variables if environment else []), *program]


def id_file(data: Path) -> Path:
    """The file with the process id of the recorded program."""
    return data.with_suffix(".pid")


def _of_program(data: Path, program: str) -> list[str]:
    """Options that leave out what started the program, and what else ran on the processors."""
    process = id_file(data).read_text(encoding="ascii").strip()
    return ["--no-inline", "--pid", process, "--comms", program[:_COMM]]


def read(data: Path, program: str) -> stacks.Samples:
    """The samples of a program, given by its file's name.

    Raises ToolError if perf cannot read them, and if there are none.
    """
    text = tools.capture(["perf", "script", "--input", str(data), *_of_program(data, program),
                          "--fields", stacks.FIELDS], _REPORT_SECONDS)
    samples = stacks.read(text)
    if not samples.count:
        raise ToolError("no sample was taken: give the program more to do with --args, or take "
                        "more with --frequency")
    return samples


def report(data: Path, program: str) -> str:
    """report.txt: functions by their own share, then each with its callers."""
    # Without comm in the lines, perf adds up what it shows and what it leaves out.
    common = ["perf", "report", "--input", str(data), "--stdio", *_of_program(data, program),
              "--no-children", "--percentage", "relative", "--percent-limit", "0.1",
              "--fields", "overhead,comm,symbol,dso"]
    flat = tools.capture([*common, "--call-graph", "none"], _REPORT_SECONDS)
    callers = tools.capture([*common, "--call-graph", "graph,0.5,callee"], _REPORT_SECONDS)
    return f"Functions by their own share\n\n{flat}\n\nFunctions and their callers\n\n{callers}"


def warnings(samples: stacks.Samples, what: Event, program: str, printed: str) -> list[str]:
    """The reasons to doubt the recording of a benchmark program; `printed` is what perf said while
    it recorded."""
    found = []
    if samples.count < FEW:
        found.append(f"{samples.count} samples are few: a share of 50 % is off by up to "
                     f"{_error(samples.count):.0f} percentage points; record a longer run with "
                     "--args, or more often with --frequency")
    if program in SHORT_THREADS and not what.everywhere:
        found.append(f"most threads of {program} end before they are sampled; as root, samples "
                     "are taken of the processors instead")
    lost = _LOST.search(printed)
    if lost:
        found.append(f"perf lost {lost[1]} of the samples: lower --frequency")
    return found


def _error(count: int) -> float:
    """Half the 95 % interval of a share of 50 %, percentage points."""
    return min(50.0, 98 / max(count, 1) ** 0.5)


class Perf(Profiler):
    """Takes samples of the stacks."""

    tool, data = "perf", "raw/perf.data"

    def __init__(self, program: Profiled, folder: Files, console: Console, what: Event,
                 hertz: int) -> None:
        super().__init__(program, folder, console)
        self._event, self._hertz = what, hertz

    def command(self) -> list[str]:
        return command(self._event, self._hertz, self.path, self.program.command,
                       self.program.environment)

    def about(self) -> dict:
        return {"event": self._event.name, "hardware": self._event.hardware,
                "frequency": self._hertz, "everywhere": self._event.everywhere}

    def report(self, title: str, printed: str) -> Shares:
        with progress.step(self.console, "reading the samples"):
            samples = read(self.path, self.program.binary.name)
        owners = Owners(self.program.variant, self.program.binary)
        counted = f"{samples.count} samples of {self._event.name}"
        with progress.step(self.console, "writing the report"):
            self.folder.write("report.txt", report(self.path, self.program.binary.name))
            self.folder.write("flamegraph.html", flame.render(
                samples.stacks, owners.of, title, f"{counted}, {self._hertz} a second at most"))
        return shares.make(
            stacks.functions(samples.stacks), owners, counted,
            warnings(samples, self._event, self.program.row.program, printed))
