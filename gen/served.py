"""Which class serves a request, and what its block takes."""

from typing import Sequence

from gen.limits import PAGE, QUANTUM
from gen.model import Model


def classes_by_step(model: Model, alignment: int = QUANTUM) -> Sequence[int]:
    """Entry n is the class of a block that needs n steps of 16 bytes, its header among them, at an
    address that is a multiple of `alignment`; 0 where no class serves it, as beyond the last entry.

    With a header an aligned block lies inside one that is larger by the alignment.  Without, it is
    in the smallest class from its size on of which every block has the alignment.
    """
    if alignment <= QUANTUM:
        return model.table
    if model.header_bytes:
        return model.table[alignment // QUANTUM :]
    found, served = 0, [0] * len(model.table)
    for step in reversed(range(len(model.table))):
        row = model.classes[model.table[step] - 1]
        found = row.index if row.align >= alignment else found
        served[step] = found
    return served


def block_bytes(
    model: Model, size: int, alignment: int = QUANTUM, classes: Sequence[int] | None = None
) -> int:
    """Bytes of the block for a request of `size` bytes: those of its class, header included, or the
    heap pages that it has where no class serves it.  `classes` is classes_by_step(alignment), for
    callers that ask often."""
    classes = classes_by_step(model, alignment) if classes is None else classes
    step = -(-(size + model.header_bytes) // QUANTUM)
    if step < len(classes) and classes[step]:
        return model.classes[classes[step] - 1].size
    front = alignment if model.header_bytes else 0  # holds the header
    return -(-(size + front) // PAGE) * PAGE
