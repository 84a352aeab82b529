"""Finds requests that take many times their bytes: such a profile is valid, but hardly intended."""

from typing import Iterator

from gen.model import Model
from gen.served import block_bytes

LEAST = 16  # bytes; a smaller request takes as much in every profile
MOST_TIMES = 4  # a block may be so many times its request; shipped profiles stay far below


def doubts(model: Model) -> Iterator[str]:
    """Yields a line for each such request, with the reason."""
    below = 0
    for row in model.classes:
        request = max(below - model.header_bytes + 1, LEAST)
        if request <= row.size - model.header_bytes:
            why = f"there is no class between {below} and {row.size} bytes"
            yield from _doubt(f"malloc({request})", request, row.size, why)
        below = row.size
    request = model.small_max + 1
    why = f"no class is larger than {below} bytes"
    yield from _doubt(f"malloc({request})", request, block_bytes(model, request), why)


def _doubt(call: str, request: int, block: int, why: str) -> Iterator[str]:
    if block > MOST_TIMES * request:
        times = f"{block / request:.0f} times as much"
        yield f"{call} takes {block} bytes, {times}: {why}"
