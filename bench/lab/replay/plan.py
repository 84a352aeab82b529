"""Plans of a replay and cuts of a trace: what replay_prepare makes of the calls of a trace.
bench/replayer/plan.h says what a plan is."""

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base import paths
from bench.lab.base.errors import ToolError, UsageError

_WRONG = 2  # its status for a trace that is none


@dataclass(frozen=True)
class Plan:
    """The counts of a plan."""

    calls: int
    threads: int
    moves: int  # reallocs
    frees: int
    adopted: int  # calls at the start that make blocks which the process had from before a fork
    adopted_bytes: int
    slots: int
    peak: int  # bytes asked for and not freed, at most
    left: int  # blocks that are never freed

    @property
    def made(self) -> int:
        """Blocks that the process made, by realloc as well."""
        return self.calls - self.frees - self.adopted


@dataclass(frozen=True)
class Cut:
    """The counts of a trace after some of its calls were left out."""

    calls: int
    blocks: int  # calls that make one, other than by realloc
    changes: int  # reallocs and frees


def make(trace: Path, to: Path, progress: Callable[[int], None] = lambda percent: None) -> Plan:
    """Writes the plan of a trace; its size is about 16 bytes a call.  `progress` is told percent of
    the work.  Raises UsageError for a trace that is none, ToolError for want of room."""
    return Plan(**_prepare(["plan", trace, to], progress))


def cut(trace: Path, to: Path, *what: str | int) -> Cut:
    """Writes a trace without some of the calls; `what` as bench/replayer/prepare.c takes it.
    Raises as make does."""
    return Cut(**_prepare(["cut", trace, to, *map(str, what)], lambda percent: None))


def _prepare(words: list[str | Path], progress: Callable[[int], None]) -> dict[str, int]:
    found = {}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as errors:
        with subprocess.Popen([paths.PREPARER, *words], stdout=subprocess.PIPE, stderr=errors,
                              text=True) as running:
            for line in running.stdout:
                name, _, value = line.partition("=")
                if name == "progress":
                    progress(int(value))
                else:
                    found[name] = int(value)
        errors.seek(0)
        said = errors.read().strip()
    if running.returncode == 0:
        return found
    if running.returncode == _WRONG:
        raise UsageError(said)
    raise ToolError(said or f"{paths.PREPARER.name}: ended by signal {-running.returncode}")
