"""Which class serves a request, and how many bytes its block has."""

from typing import Sequence

from gen.limits import PAGE, QUANTUM
from gen.model import Model


def classes_by_step(model: Model, alignment: int = QUANTUM) -> Sequence[int]:
    """Entry n is the class of a block of n steps of 16 bytes, header included, whose address is a
    multiple of `alignment`.  It is 0 if no class serves the block, as behind the last entry.

    With headers an aligned block lies inside a block that is larger by the alignment.  Without them
    its class is the smallest, from its size on, whose blocks all have the alignment.
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
    """Bytes of the block for a request of `size` bytes: the size of its class, header included, or
    whole heap pages if no class serves it.  Callers that ask often pass `classes`, the result of
    classes_by_step(model, alignment)."""
    classes = classes_by_step(model, alignment) if classes is None else classes
    step = -(-(size + model.header_bytes) // QUANTUM)
    if step < len(classes) and classes[step]:
        return model.classes[classes[step] - 1].size
    front = alignment if model.header_bytes else 0  # holds the header
    return -(-(size + front) // PAGE) * PAGE
