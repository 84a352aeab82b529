"""Estimates the blocks that a thread's cache holds, by the rules of src/cache.c."""

from dataclasses import dataclass
from typing import Sequence

from gen.limits import FILL_BLOCKS, FILL_BYTES, LEAST_BLOCKS, LEAST_BYTES, MOST_TAKEN
from gen.model import ClassRow
from gen.predict.runs import run_length
from gen.record.recording import SizeBin


@dataclass(frozen=True)
class Bin:
    """One class in the cache of one thread at the program's end.  All numbers are estimates, in
    blocks."""

    limit: int
    stock: float
    grown: int  # what the limit has grown by; twice that for lists, as the budgets count it


def least_limit(size: int, most: int) -> int:
    """The first limit of a bin, in blocks of `size` bytes, if its last limit is `most`."""
    return min(max(LEAST_BYTES // size, 1), LEAST_BLOCKS, most)


def bin_of(row: ClassRow, bins: Sequence[SizeBin], threads: int) -> Bin:
    """The class's bin in the cache of one of `threads` threads that share the recorded bins
    equally.

    Each refill doubles the bin's limit until the live blocks have reached their peak.  At the end
    the bin holds the blocks that are no longer live, and half of the last refill.  It holds at most
    three quarters of its limit on average, since a full array gives half back; a list has as much
    again in its spare chain."""
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
    """The length of the longest run of allocations in the bins, in blocks."""
    lengths = [i for one in bins for i, count in enumerate(one.burst_allocs) if count]
    return run_length(max(lengths)) if lengths else 0.0
