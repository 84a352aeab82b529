"""The blocks that the cache of a thread holds, estimated by the rules of src/cache.c."""

from dataclasses import dataclass
from typing import Sequence

from gen.fit.runs import run_length
from gen.limits import FILL_BLOCKS, FILL_BYTES, LEAST_BLOCKS, LEAST_BYTES, MOST_TAKEN
from gen.model import ClassRow
from gen.record.recording import SizeBin


@dataclass(frozen=True)
class Bin:
    """A class in the cache of one thread, when the program has ended: blocks, estimated."""

    limit: int
    stock: float
    grown: int  # blocks that the limit has grown by, as the budgets count them: lists twice


def least_limit(size: int, most: int) -> int:
    """Blocks that a bin may hold before it has grown."""
    return min(max(LEAST_BYTES // size, 1), LEAST_BLOCKS, most)


def bin_of(row: ClassRow, bins: Sequence[SizeBin], threads: int) -> Bin:
    """The bin is refilled while the live blocks grow to their peak, which doubles its limit each
    time.  What was taken and is not live any more is in it, and half of the last refill; but a
    full array gives half of its limit back, so that it holds three quarters on average, and a list
    has a full spare beside the half of it."""
    most = row.batch if row.kind == "list" else row.cap
    least = limit = least_limit(row.size, most)
    taken = last = 0
    live = sum(one.allocs - one.frees for one in bins) / threads
    peak = max(sum(one.peak_blocks for one in bins) / threads, live, most_at_once(bins))
    while taken < peak:
        last = min(max(limit // 2, 1), MOST_TAKEN) if row.kind == "array" else limit
        last = min(last, max(FILL_BYTES // row.size, FILL_BLOCKS))
        taken += last
        if limit == most:
            break
        limit = min(2 * limit, most)
    left = min(peak - live, sum(one.frees for one in bins) / threads)
    twice = 2 if row.kind == "list" else 1
    held = min(left + last / 2, twice * limit * 3 / 4)
    return Bin(limit, held, twice * (limit - least))


def most_at_once(bins: Sequence[SizeBin]) -> float:
    """Of the class: the longest run of allocations, the mean of what its count stands for."""
    lengths = [i for one in bins for i, count in enumerate(one.burst_allocs) if count]
    return run_length(max(lengths)) if lengths else 0.0
