"""Where a profile's table makes a request take many times its bytes: valid, but hardly meant."""

from typing import Iterator

from gen.demand import QUANTUM
from gen.model import Model
from gen.served import PAGE, class_by_granules

LEAST = 16  # bytes; a smaller request takes as much in every profile
MOST_TIMES = 4  # what a block may have of its request; no profile of ours comes near
ALIGNMENTS = [1 << shift for shift in range(5, 13)]  # those that no block has by itself


def doubts(model: Model) -> Iterator[str]:
    """A line each, with the request and why."""
    below = 0
    for row in model.classes:
        request = max(below - model.header_bytes + 1, LEAST)
        if request <= row.size - model.header_bytes:
            why = f"there is no class between {below} and {row.size} bytes"
            yield from _doubt(f"malloc({request})", request, row.size, why)
        below = row.size
    request = model.small_max + 1
    why = f"no class is larger than {below} bytes"
    yield from _doubt(f"malloc({request})", request, _pages(request), why)
    aligned = [(_aligned_block(model, align), align) for align in ALIGNMENTS]
    block, align = max(aligned, key=lambda pair: pair[0] / pair[1])
    why = f"nothing smaller has room for {align} bytes at a multiple of {align}"
    yield from _doubt(f"aligned_alloc({align}, {align})", align, block, why)


def _doubt(call: str, request: int, block: int, why: str) -> Iterator[str]:
    if block > MOST_TIMES * request:
        times = f"{block / request:.0f} times as much"
        yield f"{call} takes {block} bytes, {times}: {why}"


def _pages(size: int) -> int:
    """A large block of that size, in whole heap pages."""
    return -(-size // PAGE) * PAGE


def _aligned_block(model: Model, align: int) -> int:
    """What a block of `align` bytes at a multiple of as many takes."""
    cls = class_by_granules(model, align)[-(-(align + model.header_bytes) // QUANTUM)]
    return model.classes[cls - 1].size if cls else _pages(align * (1 + model.header_bytes))
