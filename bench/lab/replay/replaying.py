"""A trace as a load: the plan, its row, and whether what was replayed is what was recorded."""

import csv
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base import group, machine
from bench.lab.base.tools import ToolError
from bench.lab.judge.analysis import Table
from bench.lab.replay import plan
from bench.lab.replay.plan import Plan
from bench.lab.select.rows import Row, UsageError
from bench.lab.select.variants import Variant
from gen.record import recording, trace
from gen.record.recording import RecordingError

PROGRAM = "replay"
BINARY = Path(__file__).absolute().parents[2] / "replayer/replay_program"
COLUMNS = ("variant", "rep", "calls", "live_peak", "recorded_calls", "recorded_peak")
TRACE = ".trace"
NEAR = 0.05  # of the recorded peak, with several threads, whose calls may come in another order


def trace_of(path: Path) -> Path:
    """The trace beside a recording, or the path itself.  Raises UsageError for a recording
    without one."""
    beside = path.with_name(path.name + TRACE)
    if path.suffix == TRACE or not path.exists():
        return path
    if beside.exists():
        return beside
    try:
        recording.load(path)
    except RecordingError:
        return path
    raise UsageError(f"{path}: has no trace; record with --trace")


def plan_of(path: Path, to: Path, progress: Callable[[int], None]) -> Plan:
    """Writes the plan of a trace.  Raises UsageError for what is no trace, for one without calls,
    and for one that contradicts itself; ToolError for want of room."""
    try:
        trace.Trace(path)
    except RecordingError as error:
        raise UsageError(str(error)) from error
    made = plan.make(path, to, progress)
    if not made.calls:
        raise UsageError(f"{path}: no calls were recorded")
    return made


def require_memory(made: Plan) -> None:
    """Raises ToolError if the blocks, of which a replay touches every page, would not fit in this
    machine's memory."""
    available = machine.available_bytes()
    if available and made.peak > available:
        raise ToolError(f"the recorded blocks are {made.peak >> 20} MiB at their peak, and a replay "
                        f"touches all of them; {available >> 20} MiB of memory are available")


def differs(path: Path, made: Plan) -> list[str]:
    """In what the trace is not what the recording beside it counted: nothing if it has all calls,
    or if nothing tells.  With several threads a recording's peak is an estimate.  Of the blocks
    from before a fork, those that are kept are in the recording only."""
    beside = path.with_suffix("")
    if not trace.Trace(path).whole:
        return ["it ends before the program does: --trace-max, or half of the room on its disk, was "
                "used up"]
    if path.suffix != TRACE or not beside.exists():
        return []
    try:
        one = recording.load(beside)
    except RecordingError as error:
        return [str(error)]
    peak = made.peak + one.inherited_bytes - made.adopted_bytes
    found = []
    if made.made != one.total_allocs:
        found.append(f"{made.made} blocks, recorded {one.total_allocs}")
    if made.frees + made.moves != one.total_frees:
        found.append(f"{made.frees + made.moves} frees, recorded {one.total_frees}")
    slack = NEAR * peak if made.threads > 1 else 0
    if abs(peak - one.peak_live_bytes) > slack:
        found.append(f"at most {peak} bytes, recorded {one.peak_live_bytes}")
    return found


def row(made: Plan, name: str) -> Row:
    """The plan as a row; it runs with variants of `runner` only."""
    return Row(PROGRAM, (name,), made.threads,
               f"{made.calls} recorded calls on {made.threads} threads")


@dataclass(frozen=True)
class Replaying(Variant):
    """A variant as what is preloaded into the replaying program."""

    plan: Path = Path()

    def command(self, row: Row) -> list[str]:
        return [str(BINARY), str(self.plan)]


def runner(variant: Variant, plan_file: Path) -> Replaying:
    """The variant with what it replays.  Raises UsageError if it has no library."""
    if variant.kind != "system" and variant.library is None:
        raise UsageError(f"{variant.name} has no library that can be preloaded; it is linked "
                         "statically")
    return Replaying(variant.name, variant.kind, variant.link, {PROGRAM: BINARY}, variant.profile,
                     variant.library, variant.library, plan=plan_file)


@dataclass(frozen=True)
class Agreement:
    """One run of a plan.  Bytes are those asked for."""

    variant: str
    rep: int
    calls: int
    live_peak: int

    def holds(self, made: Plan) -> bool:
        """Whether every call was made, and the peak is that of the recording: exactly with one
        thread, nearly with several."""
        slack = NEAR * made.peak if made.threads > 1 else 0
        return self.calls == made.calls and abs(self.live_peak - made.peak) <= slack


def agree(made: Plan, folder: Path, table: Table) -> list[Agreement]:
    """All runs with numbers, from what they printed."""
    found = []
    for one in table.rows:
        for variant in table.variants:
            for rep, run in sorted(table.runs(one, variant.name).items()):
                text = (folder / "raw" / f"{one.key}-{variant.name}-{rep}.out").read_text(
                    encoding="utf-8")
                peak = re.search(r"^live_peak=(\d+)$", text, re.MULTILINE)
                found.append(Agreement(variant.name, rep, int(run.ops),
                                       int(peak.group(1)) if peak else -1))
    return found


def as_csv(found: list[Agreement], made: Plan) -> str:
    """replay.csv: a line for each run."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow([one.variant, one.rep, one.calls, one.live_peak, made.calls, made.peak])
    return file.getvalue()


def lines(found: list[Agreement], made: Plan, unlike: list[str], failed: bool) -> list[str]:
    """What to say of them; `unlike` comes from differs, `failed` is whether some have no end."""
    wrong = [one for one in found if not one.holds(made)]
    text = [f"recorded: {made.calls} calls on {made.threads} threads, at most {made.peak} "
            f"bytes, {made.left} blocks never freed"]
    text += [f"{one.variant}, round {one.rep}: {one.calls} calls, at most {one.live_peak} bytes: "
             "not what was recorded" for one in wrong]
    text += [f"the trace is not what was recorded: {line}" for line in unlike]
    if found and not wrong and not unlike:
        text.append(f"all {len(found)} replays that ended agree with it" if failed
                    else f"all {len(found)} replays agree with it")
    return text


def fails(variant: Replaying, path: Path, timeout: float) -> bool:
    """Whether the calls of this trace end other than well."""
    made = plan.make(path, variant.plan)
    one = row(made, "")
    status, _, _ = group.run(variant.command(one), timeout,
                             {**os.environ, **variant.environment(one)})
    return status != 0
