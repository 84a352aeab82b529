"""A count an operation, from runs of two amounts of work."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# What one run counted, by kind, and "ops", its operations.  None: it cannot be counted.
Tally = dict[str, int | None]
NOTHING: Tally = {"ops": 0}  # a run of no work

# For the environment of a program that is counted: no call is timed, as that is done at random
# (bench/harness/latency.h).
UNTIMED = {"BENCH_LATENCY": "off"}


@dataclass(frozen=True)
class Counted:
    """One kind in the repetitions of a count."""

    values: tuple[float, ...]  # an operation, one for each repetition
    exact: bool  # every repetition counted the same whole numbers

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """The distance between the extremes as a share of the median; 0 if that is 0."""
        return (max(self.values) - min(self.values)) / abs(self.value) if self.value else 0.0


def per_operation(kind: str, runs: Sequence[tuple[Tally, Tally]]) -> Counted | None:
    """The kind an operation, from the runs of less and of more work of each repetition.

    What a program does once, whatever its amount of work, is in both runs and cancels.  What a
    tally does not name was not met.
    None for what cannot be counted, and where more work has no more operations.
    """
    pairs = [(less.get(kind, 0), more.get(kind, 0)) for less, more in runs]
    ops = [(less["ops"], more["ops"]) for less, more in runs]
    if not pairs or any(None in pair for pair in pairs) or any(low >= high for low, high in ops):
        return None
    values = tuple((more - less) / (high - low)
                   for (less, more), (low, high) in zip(pairs, ops))
    return Counted(values, len({*zip(pairs, ops)}) == 1)
