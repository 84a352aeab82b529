"""The size classes of least cost: exact, by dynamic programming over the granules of 16 bytes.

Sizes are counted in granules here.  Class j serves the blocks of i + 1 .. j granules, where i is
the class before it, or 0.  Serving them costs

    unit[j] * (blocks of granules i+1..j)  +  fixed[j], if `used` has any of these blocks

and a choice of classes costs the sum over its classes.  best[k, j] is the least cost of all blocks
up to granule j with k classes of which j is the last.  It is the minimum, over all i, of best[k-1,
i] plus the cost of class j behind i.  Every choice of classes is a path through this table, so its
minimum is that of all choices.  Ties go to fewer classes, then to smaller ones.

An aligned block is served by the smallest class, from its size on, whose blocks all have the
alignment.  Other classes may lie before it, so the cost is not a sum over single classes.  The
programme therefore lets the blocks that class j cannot serve cost what they cost in the next of the
classes to be kept.  That is too much if another class before it can serve them, and never too
little.  `chosen` repeats the programme, each time keeping the classes that served aligned blocks in
the last result, whose real cost is then among those compared.  So the cost never rises.  The
minimum may be missed if it has a class for aligned blocks that no result had.
"""

from dataclasses import dataclass
from typing import Iterable, Iterator, Sequence

import numpy as np


@dataclass(frozen=True)
class Aligned:
    """Blocks of one alignment; arrays as in Costs."""

    blocks: np.ndarray
    fits: np.ndarray  # whether all blocks of a class of so many granules have the alignment


@dataclass(frozen=True)
class Costs:
    """Arrays with an entry for each granule 0..n; entry 0 is unused."""

    blocks: np.ndarray  # without the aligned ones
    used: np.ndarray  # recorded blocks; a class without any has no fixed cost
    unit: np.ndarray  # bytes for each block of such a class; inf if it cannot be one
    fixed: np.ndarray  # bytes of a class in use, beside its blocks
    aligned: tuple[Aligned, ...] = ()


class NoPartition(Exception):
    """There are too few classes for the bound on steps, or for the classes to be kept."""


def first_before(last: int, most_step: float, kept: Iterable[int] = ()) -> int:
    """The smallest class that may stand before class `last`.  The step to it is at most `most_step`
    times `last`, or one granule; and no class of `kept` lies between them."""
    bound = min(last - 1, int(np.ceil(last * (1 - most_step) - 1e-9)))
    return max(0, bound, *(one for one in kept if one < last))


def fewest(last: int, most_step: float, kept: Iterable[int] = ()) -> int:
    """The number of classes that the bound needs up to granule `last`: from the top, each is the
    smallest that may stand before the other."""
    kept, count = tuple(kept), 0
    while last > 0:
        last = first_before(last, most_step, kept)
        count += 1
    return count


class Solution:
    """The least costs for every number of classes and every last class."""

    def __init__(
        self, costs: Costs, most: int, most_step: float = 1.0, kept: Sequence[int] = ()
    ) -> None:
        """Of at most `most` classes, which include `kept` up to the last class.  No step to the
        next class exceeds `most_step` times that class."""
        n = len(costs.unit) - 1
        blocks, used = np.cumsum(costs.blocks), np.cumsum(costs.used)
        aligned = [(np.cumsum(one.blocks), _prices(costs.unit, one, kept))
                   for one in costs.aligned]
        best = np.full((most + 1, n + 1), np.inf)
        before = np.zeros((most + 1, n + 1), dtype=np.int32)
        best[0, 0] = 0.0
        levels = np.arange(most)
        for last in range(1, n + 1):
            if not np.isfinite(costs.unit[last]):
                continue
            low = first_before(last, most_step, kept)
            cost = costs.unit[last] * (blocks[last] - blocks[low:last])
            for some, prices in aligned:
                cost += prices[last] * (some[last] - some[low:last])
            cost += np.where(used[low:last] < used[last], costs.fixed[last], 0.0)
            totals = best[:-1, low:last] + cost
            chosen = totals.argmin(axis=1)
            best[1:, last] = totals[levels, chosen]
            before[1:, last] = low + chosen
        self._best, self._before = best, before

    def cost(self, last: int) -> float:
        """The least cost with `last` as the largest class.  Raises NoPartition."""
        least = float(self._best[:, last].min())
        if not np.isfinite(least):
            raise NoPartition
        return least

    def classes(self, last: int) -> list[int]:
        """The classes of that cost, rising.  Raises NoPartition."""
        self.cost(last)
        count = int(self._best[:, last].argmin())
        found = []
        while last > 0:
            found.append(last)
            last = int(self._before[count, last])
            count -= 1
        return found[::-1]


def _prices(unit: np.ndarray, aligned: Aligned, kept: Iterable[int]) -> np.ndarray:
    """Entry j is the cost of an aligned block whose size needs class j.  If that class lacks the
    alignment, it is the cost in the next class of `kept` that has it, else in the largest class."""
    able = aligned.fits & np.isfinite(unit)
    usable = np.nonzero(able)[0]
    price = float(unit[usable[-1]]) if len(usable) else 0.0
    prices, behind = np.zeros(len(unit)), set(kept)
    for last in range(len(unit) - 1, 0, -1):
        if able[last] and last in behind:
            price = float(unit[last])
        prices[last] = unit[last] if able[last] else price
    return prices


# ---- aligned blocks ------------------------------------------------------------------------------


def serving(costs: Costs, classes: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Yields each class that serves aligned blocks, and how many of them, for each alignment."""
    for one in costs.aligned:
        upto, before = np.cumsum(one.blocks), 0
        for last in classes:
            if one.fits[last]:
                count = float(upto[last] - upto[before])
                before = last
                if count > 0:
                    yield last, count


def cost_of(costs: Costs, classes: Sequence[int]) -> float:
    """The cost of these classes with each aligned block in the class that really serves it."""
    blocks, used = np.cumsum(costs.blocks), np.cumsum(costs.used)
    total = sum(count * costs.unit[last] for last, count in serving(costs, classes))
    for before, last in zip([0, *classes], classes):
        total += costs.unit[last] * (blocks[last] - blocks[before])
        total += costs.fixed[last] if used[last] > used[before] else 0.0
    return float(total)


def chosen(
    costs: Costs, most: int, most_step: float, kept: Sequence[int], last: int, first: Solution
) -> tuple[list[int], float]:
    """The best classes with `last` as the largest, and their cost.  `first` is the Solution of
    these arguments.  Raises NoPartition."""
    classes = first.classes(last)
    cost = cost_of(costs, classes)
    held = set(kept)
    while not {one for one, _ in serving(costs, classes)} <= held:
        held = {*kept, *(one for one, _ in serving(costs, classes))}
        other = Solution(costs, most, most_step, sorted(held)).classes(last)
        other_cost = cost_of(costs, other)
        if other_cost >= cost:
            break
        classes, cost = other, other_cost
    return classes, cost
