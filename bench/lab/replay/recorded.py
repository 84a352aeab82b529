"""A recorded program as a load: its trace, the plan, the row that makes its calls again."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base import machine, paths, processes
from bench.lab.base.errors import ToolError, UsageError
from bench.lab.replay import plan
from bench.lab.replay.plan import Plan
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from gen.record import reader, trace
from gen.record.recording import RecordingError

TRACE = ".trace"
NEAR = 0.05  # of the recorded peak, with several threads, whose calls may come in another order


@dataclass(frozen=True)
class Replay(Row):
    """The calls of a plan; its file is what the replaying program gets."""

    plan: Path = Path()

    def executable(self, binaries: Mapping[str, Path]) -> Path:
        return paths.REPLAYER

    def arguments(self, more: float = 0.0) -> Sequence[str]:
        return [str(self.plan)]


def row(made: Plan, name: str, plan_file: Path) -> Replay:
    """Of the plan in this file; `name` is that of the trace."""
    return Replay("replay", (name,), made.threads,
                  f"{made.calls} recorded calls on {made.threads} threads", plan=plan_file)


def trace_of(path: Path) -> Path:
    """The trace beside a recording, or the path itself.  Raises UsageError for a recording
    without one."""
    beside = path.with_name(path.name + TRACE)
    if path.suffix == TRACE or not path.exists():
        return path
    if beside.exists():
        return beside
    try:
        reader.load(path)
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
    """The differences between the trace and the recording beside it; empty if it has all calls,
    or if there is no recording.

    With several threads the peak of a recording is an estimate.  Blocks from before a fork that are
    never freed are in the recording only.
    """
    beside = path.with_suffix("")
    if not trace.Trace(path).whole:
        return ["it ends before the program does: --trace-max, or half of the room on its disk, was "
                "used up"]
    if path.suffix != TRACE or not beside.exists():
        return []
    try:
        one = reader.load(beside)
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


def fails(variant: Variant, path: Path, plan_file: Path, timeout: float) -> bool:
    """Whether the calls of this trace end other than well; their plan goes to `plan_file`."""
    one = row(plan.make(path, plan_file), "", plan_file)
    status, _, _ = processes.run(variant.command(one), timeout,
                                 {**os.environ, **variant.environment(one)})
    return status != 0
