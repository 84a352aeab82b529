"""What an operation took in timed runs: in the program, in the kernel, waiting."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.count.counted import Counted
from bench.lab.run.runs import Run
from bench.lab.select.row import Row


@dataclass(frozen=True)
class Spent:
    """ns an operation, medians of the runs.

    Times of several threads are divided by their number, as the threads work at the same time: so
    ns = user + system + waiting.
    """

    ops: float  # of a run
    ns: float
    user: float
    system: float
    faults: Counted  # minor page faults, an operation

    @property
    def waiting(self) -> float:
        """What was neither in the program nor in the kernel: asleep, or not on a processor.  Below
        0 for a command whose processes run at the same time."""
        return self.ns - self.user - self.system


def of(runs: dict[int, Run], row: Row) -> Spent:
    """Of the runs of one variant in the row; there is at least one."""

    def median(number: Callable[[Run], float]) -> float:
        return statistics.median(map(number, runs.values()))

    faults = tuple(run.minor_faults / run.ops for run in runs.values())
    return Spent(
        median(lambda run: run.ops), median(lambda run: 1e9 / run.ops_per_s),
        median(lambda run: 1e9 * run.user_s / run.ops / row.threads),
        median(lambda run: 1e9 * run.sys_s / run.ops / row.threads),
        Counted(faults, len(set(faults)) == 1))
