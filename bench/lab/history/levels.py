"""The levels of many series, judged together: where each of them surely changes.

Over all series there is one false alarm at most in one of twenty reports (LEVEL), if nothing
changes.  Holm's correction judges the strongest split of each series.  A series that has one is
split further as long as the next split stands even the strictest level of that correction, LEVEL
divided by the number of series (Bonferroni's).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.lab.history import energy
from bench.lab.stats.families import holm

LEVEL = 0.05
LEAST = 0.01  # of the level before: what is less is no change that anybody cares about


@dataclass(frozen=True)
class Levels:
    """One series: the index of the first value of each level, 0 first, and the p-value of its
    strongest split.  Both are None if it has too few values."""

    starts: tuple[int, ...] | None
    p: float | None


@dataclass(frozen=True)
class Found:
    """All series.  `tested` of them have enough values; `needs` is how many it takes if each has as
    many; `side` is how many a change takes on each side of it in the longest series."""

    levels: list[Levels]
    tested: int
    needs: int
    side: int | None


def find(series: Sequence[Sequence[float]], least: float = LEAST,
         tell: Callable[[int], None] = lambda done: None) -> Found:
    """The levels of series of positive numbers; neighbours differ by a share `least` or more.
    `tell` is called with the number of series that are looked at."""
    lengths = [len(one) for one in series]
    enough = _enough(lengths)
    tested = [i for i, n in enumerate(lengths) if n >= enough]
    each = LEVEL / max(len(tested), 1)
    logs = {i: np.log(np.asarray(series[i], dtype=float)) for i in tested}
    first: dict[int, energy.Split] = {}
    for done, i in enumerate(tested, start=1):
        first[i] = energy.strongest(logs[i], [0, lengths[i]], each)
        tell(done)
    levels = [Levels(None, None)] * len(series)
    for i, together in zip(tested, holm([first[i].p for i in tested])):
        starts = _divide(logs[i], first[i], each) if together <= LEVEL else [0]
        levels[i] = Levels(tuple(_merged(series[i], starts, least)), first[i].p)
    return Found(levels, len(tested), energy.least_values(LEVEL / max(len(series), 1)),
                 energy.least_side(max(lengths), each) if tested else None)


def _enough(lengths: Sequence[int]) -> float:
    """The least length with which all series of that length and more can show a change when they
    are judged together; infinity if there is none."""
    for least in sorted(set(lengths)):
        if energy.least_values(LEVEL / sum(n >= least for n in lengths)) <= least:
            return least
    return math.inf


def _divide(values: np.ndarray, first: energy.Split, level: float) -> list[int]:
    """The starts of the levels of a series whose first split is sure."""
    starts = [0, first.at]
    while (split := energy.strongest(values, [*starts, len(values)], level)) and split.p <= level:
        starts = sorted([*starts, split.at])
    return starts


def _merged(values: Sequence[float], starts: list[int], least: float) -> list[int]:
    """The starts without those where the median changes by less than a share `least`, the smallest
    change first."""
    starts = list(starts)
    while len(starts) > 1:
        medians = [float(np.median(values[start:end]))
                   for start, end in zip(starts, [*starts[1:], len(values)])]
        steps = [abs(math.log(after / before)) for before, after in zip(medians, medians[1:])]
        if min(steps) >= math.log1p(least):
            break
        del starts[steps.index(min(steps)) + 1]
    return starts
