"""The size classes of least cost: exact, by dynamic programming over the granules of 16 bytes.

Sizes are counted in granules here: class j serves what needs 16 * (i + 1) .. 16 * j bytes, where i
is the class before it, 0 before the first.  Serving that costs

    unit[j] * (blocks of granules i+1..j)  +  fixed[j], if `used` has any of these blocks

and a choice of classes costs the sum over them.  best[k, j], the least cost of everything up to
granule j with k classes of which j is the last, is the minimum over i of best[k-1, i] and the cost
of class j behind i.  Every choice of classes is one path through these, and no path is left out, so
the minimum is that of all choices; ties go to fewer classes, then to smaller ones.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Costs:
    """Arrays with an entry for each granule 0..n; entry 0 counts for nothing."""

    blocks: np.ndarray
    used: np.ndarray  # those that were seen: a class without any costs nothing in itself
    unit: np.ndarray  # bytes that a block of so many granules takes; inf: it cannot be a class
    fixed: np.ndarray  # bytes that a class in use takes beside its blocks


class NoPartition(Exception):
    """So few classes cannot keep the bound on the steps between them."""


def first_before(last: int, most_step: float) -> int:
    """The smallest class before class `last`: (last - it) / last is at most most_step, or it is
    the next smaller granule."""
    return max(0, min(last - 1, int(np.ceil(last * (1 - most_step) - 1e-9))))


def fewest(last: int, most_step: float) -> int:
    """Classes that are needed to keep the bound up to granule `last`: from the top, each time the
    smallest that is allowed."""
    count = 0
    while last > 0:
        last = first_before(last, most_step)
        count += 1
    return count


class Solution:
    """The table for all numbers of classes and all last classes."""

    def __init__(self, costs: Costs, most: int, most_step: float = 1.0) -> None:
        """At most `most` classes, no step from one to the next above most_step of the larger."""
        n = len(costs.unit) - 1
        blocks, used = np.cumsum(costs.blocks), np.cumsum(costs.used)
        best = np.full((most + 1, n + 1), np.inf)
        before = np.zeros((most + 1, n + 1), dtype=np.int32)
        best[0, 0] = 0.0
        levels = np.arange(most)
        for last in range(1, n + 1):
            if not np.isfinite(costs.unit[last]):
                continue
            low = first_before(last, most_step)
            cost = costs.unit[last] * (blocks[last] - blocks[low:last])
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
