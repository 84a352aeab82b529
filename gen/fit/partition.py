"""The size classes of least cost: exact, by dynamic programming over the granules of 16 bytes.

Sizes are counted in granules here: class j serves what needs 16 * (i + 1) .. 16 * j bytes, where i
is the class before it, 0 before the first.  Serving that costs

    unit[j] * (blocks of granules i+1..j)  +  fixed[j], if `used` has any of these blocks

and a choice of classes costs the sum over them.  best[k, j], the least cost of everything up to
granule j with k classes of which j is the last, is the minimum over i of best[k-1, i] and the cost
of class j behind i.  Every choice of classes is one path through these, and no path is left out, so
the minimum is that of all choices; ties go to fewer classes, then to smaller ones.

An aligned block is served by the smallest class from its size on whose blocks all have the
alignment.  That class may lie behind others, so its cost is no sum over single classes.  In the
programme the blocks that class j cannot serve cost what they cost in the next class that is kept in
any case: too much if a class before that one can serve them, never too little.  `chosen` therefore
repeats it with the classes kept that serve aligned blocks in what was found.  Each choice costs no
more than the one before it, which is among those that the programme then compares, at its real
cost; where a class serves aligned blocks that no choice found, the minimum may be missed.
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
    """Arrays with an entry for each granule 0..n; entry 0 counts for nothing."""

    blocks: np.ndarray  # without those that are aligned
    used: np.ndarray  # those that were seen: a class without any costs nothing in itself
    unit: np.ndarray  # bytes that a block of so many granules takes; inf: it cannot be a class
    fixed: np.ndarray  # bytes that a class in use takes beside its blocks
    aligned: tuple[Aligned, ...] = ()


class NoPartition(Exception):
    """So few classes cannot keep the bound on the steps between them, or those to be kept."""


def first_before(last: int, most_step: float, kept: Iterable[int] = ()) -> int:
    """The smallest class before class `last`: (last - it) / last is at most most_step, or it is
    the next smaller granule; and none of those to be kept is between them."""
    bound = min(last - 1, int(np.ceil(last * (1 - most_step) - 1e-9)))
    return max(0, bound, *(one for one in kept if one < last))


def fewest(last: int, most_step: float, kept: Iterable[int] = ()) -> int:
    """Classes that are needed to keep the bound up to granule `last`: from the top, each time the
    smallest that is allowed."""
    kept, count = tuple(kept), 0
    while last > 0:
        last = first_before(last, most_step, kept)
        count += 1
    return count


class Solution:
    """The table for all numbers of classes and all last classes."""

    def __init__(
        self, costs: Costs, most: int, most_step: float = 1.0, kept: Sequence[int] = ()
    ) -> None:
        """At most `most` classes, among them those of `kept` up to the last, and no step from one
        to the next above most_step of the larger."""
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
        """The least, with `last` as the largest class.  Raises NoPartition."""
        least = float(self._best[:, last].min())
        if not np.isfinite(least):
            raise NoPartition
        return least

    def classes(self, last: int) -> list[int]:
        """The classes that cost so much, rising.  Raises NoPartition."""
        self.cost(last)
        count = int(self._best[:, last].argmin())
        found = []
        while last > 0:
            found.append(last)
            last = int(self._before[count, last])
            count -= 1
        return found[::-1]


def _prices(unit: np.ndarray, aligned: Aligned, kept: Iterable[int]) -> np.ndarray:
    """What a block costs that is aligned and of a size of class j: there, or in the next of `kept`
    that serves it; where there is none, in the largest class that can be."""
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
    """Of each class that serves aligned blocks: itself, and how many, for each alignment."""
    for one in costs.aligned:
        upto, before = np.cumsum(one.blocks), 0
        for last in classes:
            if one.fits[last]:
                count = float(upto[last] - upto[before])
                before = last
                if count > 0:
                    yield last, count


def cost_of(costs: Costs, classes: Sequence[int]) -> float:
    """Of these classes, by the definition, up to the last; aligned blocks where they are served."""
    blocks, used = np.cumsum(costs.blocks), np.cumsum(costs.used)
    total = sum(count * costs.unit[last] for last, count in serving(costs, classes))
    for before, last in zip([0, *classes], classes):
        total += costs.unit[last] * (blocks[last] - blocks[before])
        total += costs.fixed[last] if used[last] > used[before] else 0.0
    return float(total)


def chosen(
    costs: Costs, most: int, most_step: float, kept: Sequence[int], last: int, first: Solution
) -> tuple[list[int], float]:
    """The classes up to `last` and what they cost; `first` is the solution with these arguments.
    Raises NoPartition."""
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
