"""The classes of least cost for a demand: Demand, Terms -> Table.

partition.py finds the classes with the least cost, in bytes of the live heap at its peak.  The cost
is the sum over all classes of

    blocks of the class * (its size + its share of the slab's tail)
    + KEPT * what the class keeps resident beside its blocks (class_cost), if it is in use

The blocks are those of the recording and of the prior (demand.py).  Each is in the class that
serves it with its alignment.

Two bounds protect blocks that were never recorded.  No step between two classes exceeds a share of
the larger one.  And the powers of two from ALIGNED_LEAST on are kept as classes: their blocks are
aligned to their size, so an aligned block takes at most twice the larger of its size and its
alignment.  With a header an aligned block lies inside one that is larger by the alignment, and
takes at most three times the larger of both.  If there are too few classes for the bounds TIGHT,
the first looser ones of BOUNDS hold.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from gen.classes import alignment_of, cap_of, colours_of, slab_pages
from gen.fit import partition
from gen.fit.habits import BUFFER
from gen.fit.partition import Aligned, Costs, NoPartition, Solution, fewest
from gen.layout import POINTER
from gen.limits import OS_PAGE, PAGE, QUANTUM
from gen.predict import demand
from gen.predict.caches import least_limit
from gen.predict.demand import Demand, round_up
from gen.record.recording import GRANULES

LARGEST = (BUFFER, PAGE)  # bytes: the values that classes.max may have
ALIGNED_LEAST = 64  # bytes: a cache line; smaller blocks cost little in any class
FREE_SHARE = 0.7  # of the classes: so many may serve the bounds alone
KEPT = 0.1  # what a kept byte counts: it serves the next block and does not grow with the heap


class Bounds(NamedTuple):
    """The bounds that a table keeps for blocks of any size and alignment."""

    step: float  # most from one class to the next, as a share of the latter
    ratio: int  # of each size that is kept to the one before it; 0: none is kept

    def kept(self) -> list[int]:
        """The classes kept for aligned blocks, in granules, rising."""
        size, sizes = LARGEST[0], []
        while size >= ALIGNED_LEAST and self.ratio:
            sizes.append(size // QUANTUM)
            size //= self.ratio
        return sizes[::-1]


TIGHT = Bounds(0.25, 2)
BOUNDS = (TIGHT, *(Bounds(step, 2) for step in (0.34, 0.5, 1.0)), Bounds(1.0, 4), Bounds(1.0, 16),
          Bounds(1.0, 0))


@dataclass(frozen=True)
class Table:
    """Class sizes in bytes, and the terms of their choice."""

    sizes: tuple[int, ...]
    header_bytes: int
    tail_percent: int
    cost: float  # bytes, as above
    bounds: Bounds


def class_cost(size: int, cap: int, pointers: int, threads: int) -> float:
    """Bytes that a class in use keeps resident beside its live blocks: half a page of the operating
    system in its last slab, whose later pages were never touched; and in each thread's cache half
    of the blocks that it may always hold, and the pointers to blocks.  `cap` and `pointers` are
    those of Terms.cached."""
    held = least_limit(size, cap) * size / 2
    return OS_PAGE / 2 + threads * (held + min(POINTER * pointers, OS_PAGE))


@lru_cache(maxsize=None)
def _units(
    header_bytes: int, min_blocks: int, tail_percent: int, max_pages: int
) -> tuple[np.ndarray, np.ndarray]:
    """By granule: bytes of slab for each block, inf if no slab has enough blocks; and the alignment
    of all blocks."""
    slab = {"min_blocks": min_blocks, "tail_percent": tail_percent, "max_pages": max_pages}
    first = QUANTUM if header_bytes else 0
    units, alignments = np.full(GRANULES + 1, np.inf), np.zeros(GRANULES + 1, dtype=int)
    for granule in range(1, GRANULES + 1):
        size = granule * QUANTUM
        pages = slab_pages(slab, size, first)
        if pages:
            nblocks, tail = divmod(pages * PAGE - first, size)
            units[granule] = pages * PAGE / nblocks
            alignments[granule] = alignment_of(size, first, colours_of(tail))
    return units, alignments


@dataclass(frozen=True)
class Terms:
    """The settings that decide the classes beside the demand."""

    most: int  # classes
    front: dict[str, Any]  # that section of the profile, as chosen
    slab: dict[str, Any]
    threads: int
    prefer_large: bool  # whether the largest class has to be the larger of LARGEST

    @property
    def bounds(self) -> Bounds:
        """The tightest bounds that leave enough classes free."""
        for one in BOUNDS:
            if fewest(LARGEST[0] // QUANTUM, one.step, one.kept()) <= self.most * FREE_SHARE:
                return one
        return BOUNDS[-1]

    def cached(self, size: int) -> tuple[int, int]:
        """The most blocks, and pointers to blocks, of a class in a thread's cache."""
        cap = cap_of(self.front, size)
        return cap, 0 if size <= self.front["list_max"] else cap


def best_table(
    seen: Demand, calls: Demand, strength: float, terms: Terms, header_bytes: int
) -> Table:
    """The classes of least cost.  The larger of LARGEST is taken only if it costs less, or by
    `terms`."""
    slab, bounds = terms.slab, terms.bounds
    units, alignments = _units(
        header_bytes, slab["min_blocks"], slab["tail_percent"], slab["max_pages"]
    )
    both, used = demand.blend(seen, calls, strength), seen.needing(header_bytes)
    parts = {QUANTUM: both} if header_bytes else both.parts()
    kept = bounds.kept()
    fixed = np.array(
        [0.0] + [KEPT * class_cost(g * QUANTUM, *terms.cached(g * QUANTUM), terms.threads)
                 for g in range(1, GRANULES + 1)]
    )
    blocks = both.needing(header_bytes)
    costs = Costs(
        parts.pop(QUANTUM).needing(header_bytes)[: GRANULES + 1], used[: GRANULES + 1], units,
        fixed, tuple(Aligned(part.blocks, alignments >= alignment)
                     for alignment, part in parts.items() if alignment <= LARGEST[0])
    )
    solution = Solution(costs, terms.most, bounds.step, kept)
    pages = round_up(np.arange(GRANULES + 2) * QUANTUM, OS_PAGE)

    def above(last: int) -> float:
        return float(blocks[last + 1 :] @ pages[last + 1 :])

    totals = {}
    for largest in LARGEST:
        last = largest // QUANTUM
        try:
            totals[last] = solution.cost(last) + above(last)
        except NoPartition:
            continue
    last = max(totals) if terms.prefer_large else min(totals, key=lambda one: (totals[one], one))
    classes, cost = partition.chosen(costs, terms.most, bounds.step, kept, last, solution)
    sizes = tuple(granule * QUANTUM for granule in classes)
    return Table(sizes, header_bytes, slab["tail_percent"], cost + above(last), bounds)
