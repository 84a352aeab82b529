"""Which class serves a block, and what the block takes there: by size and by alignment."""

from dataclasses import dataclass
from typing import Iterator

import numpy as np

from gen.classes import PAGE
from gen.fit.demand import GRANULES, OS_PAGE, QUANTUM, round_up
from gen.model import Model

USUAL = (64, 128, 256, 512, 1024, 2048, 4096)  # alignments: of cache lines to pages
# What an aligned block may take of the larger of its size and its alignment: the next power of two;
# with a header, which has it inside a larger block, the sum of both and a step between classes.
MOST, MOST_WITH_HEADER = 2, 3


def class_by_granules(model: Model, alignment: int = QUANTUM) -> list[int]:
    """The class of a block that needs so many granules, its header among them, and whose address is
    to be a multiple of the alignment; 0: it has none.  With a header the block lies inside one that
    is larger by the alignment, else in the smallest class with blocks of that alignment."""
    steps = range(GRANULES + 2)
    if alignment <= QUANTUM:
        return [model.table[step] if step < len(model.table) else 0 for step in steps]
    if model.header_bytes:
        moved = [step + alignment // QUANTUM for step in steps]
        return [model.table[step] if step < len(model.table) else 0 for step in moved]
    found, served = 0, [0] * len(model.table)
    for step in reversed(range(len(model.table))):
        row = model.classes[model.table[step] - 1]
        found = row.index if row.align >= alignment else found
        served[step] = found
    return [served[step] if step < len(served) else 0 for step in steps]


def block_bytes(model: Model, alignment: int = QUANTUM) -> np.ndarray:
    """What such a block takes: entries 0 to one above the last granule."""
    pages = np.maximum(round_up(np.arange(GRANULES + 2) * QUANTUM, OS_PAGE), OS_PAGE)
    sizes = np.array([0] + [row.size for row in model.classes], dtype=float)
    classes = np.array(class_by_granules(model, alignment))
    return np.where(classes > 0, sizes[classes], pages)


# ---- what a table does to aligned blocks ---------------------------------------------------------


@dataclass(frozen=True)
class AlignedCost:
    """The worst that happens to blocks of an alignment, of at most the largest class; bytes."""

    alignment: int
    size: int  # asked for
    block: int  # its class, or the heap pages of 64 KiB where no class serves it

    @property
    def ratio(self) -> float:
        """Of the larger of size and alignment."""
        return self.block / max(self.size, self.alignment)


def aligned_costs(model: Model) -> Iterator[AlignedCost]:
    """Of the usual alignments, as far as the classes reach."""
    sizes = [0] + [row.size for row in model.classes]
    for alignment in (one for one in USUAL if one <= sizes[-1]):
        classes = class_by_granules(model, alignment)
        yield max(
            (AlignedCost(alignment, size, sizes[cls] or -(-size // PAGE) * PAGE)
             for size, cls in _requests(classes, sizes[-1])),
            key=lambda one: one.ratio,
        )


def _requests(classes: list[int], largest: int) -> Iterator[tuple[int, int]]:
    """The least size of each granule, and its class."""
    for granule in range(1, largest // QUANTUM + 1):
        yield QUANTUM * (granule - 1) + 1, classes[granule]


def most_of(model: Model) -> int:
    """What no aligned block should exceed, as a ratio."""
    return MOST_WITH_HEADER if model.header_bytes else MOST
