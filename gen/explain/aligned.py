"""What a profile's classes do to blocks with an alignment."""

from dataclasses import dataclass
from typing import Iterator

from gen.limits import QUANTUM
from gen.model import Model
from gen.served import block_bytes, classes_by_step

USUAL = (64, 128, 256, 512, 1024, 2048, 4096)  # alignments: of cache lines to pages
# What an aligned block may take of the larger of its size and its alignment: the next power of two;
# with a header, which has it inside a larger block, the sum of both and a step between classes.
MOST, MOST_WITH_HEADER = 2, 3


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
    """What no aligned block should exceed, as a ratio."""
    return MOST_WITH_HEADER if model.header_bytes else MOST
