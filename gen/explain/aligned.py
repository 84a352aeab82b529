"""What a profile's classes do to blocks with an alignment."""

from dataclasses import dataclass
from typing import Iterator

from gen.limits import QUANTUM
from gen.model import Model
from gen.served import block_bytes, classes_by_step

USUAL = (64, 128, 256, 512, 1024, 2048, 4096)  # alignments: of cache lines to pages
# An aligned block should take at most so many times the larger of its size and its alignment.  2
# allows the next power of two.  With a header it lies inside a block that is larger by the
# alignment.
MOST, MOST_WITH_HEADER = 2, 3


@dataclass(frozen=True)
class AlignedCost:
    """The request with an alignment, up to the largest class, that wastes most.  Sizes are
    bytes."""

    alignment: int
    size: int  # asked for
    block: int  # the size of its class, or heap pages if no class serves it

    @property
    def ratio(self) -> float:
        """The block as a multiple of the larger of size and alignment."""
        return self.block / max(self.size, self.alignment)


def aligned_costs(model: Model) -> Iterator[AlignedCost]:
    """Yields the cost for each usual alignment up to the largest class."""
    largest = model.classes[-1].size
    for alignment in (one for one in USUAL if one <= largest):
        classes = classes_by_step(model, alignment)
        yield max(
            (
                AlignedCost(alignment, size, block_bytes(model, size, alignment, classes))
                for size in range(1, largest + 1, QUANTUM)  # the least of each step
            ),
            key=lambda one: one.ratio,
        )


def most_of(model: Model) -> int:
    """The ratio that no aligned block should exceed."""
    return MOST_WITH_HEADER if model.header_bytes else MOST
