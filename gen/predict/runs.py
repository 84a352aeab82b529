"""Runs of calls, which a thread's cache has to hold: Recordings -> Runs.

In a run one thread allocates blocks of a size without freeing one, or frees without allocating.
"""

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from gen.limits import MOST_TAKEN, QUANTUM
from gen.record.recording import Recording

FREQUENT = 0.99


@dataclass(frozen=True)
class Runs:
    """Runs by size and length: arrays with an entry for each kind of run."""

    size: np.ndarray  # largest request of the bin, bytes
    length: np.ndarray  # blocks
    count: np.ndarray  # runs of that kind

    @property
    def calls(self) -> float:
        """The number of calls in all runs."""
        return float((self.length * self.count).sum())

    def share_up_to(self, blocks: float) -> float:
        """Percent of the runs that have at most so many blocks; 100 if there are none."""
        total = self.count.sum()
        return 100 * float(self.count[self.length <= blocks].sum() / total) if total else 100.0

    def exchanges(self, fast_cap: int, cache_bytes: int) -> float:
        """The number of batches that caches with these limits exchange with central.  On average a
        run finds a cache half full.  Each exchange moves half of a cache, at most MOST_TAKEN
        blocks."""
        caps = np.clip(cache_bytes // np.maximum(self.size, 1), 2, fast_cap)
        batch = np.minimum(caps // 2, MOST_TAKEN)
        return float((np.maximum(self.length - caps / 2, 0) / batch * self.count).sum())


def run_length(i: int) -> float:
    """Mean length of the runs of 2^i..2^(i+1)-1 blocks, which are counted together."""
    return ((3 << i) - 1) / 2


def most_of(counts: Sequence[int]) -> int | None:
    """The least index such that the counts up to it are FREQUENT of all; None if all are 0."""
    upto = np.cumsum(counts)
    return int(np.searchsorted(upto, FREQUENT * upto[-1])) if any(counts) else None


def frequent(bursts: Sequence[int]) -> float:
    """The length in blocks that FREQUENT of a bin's runs do not exceed; 0 if there are none."""
    found = most_of(bursts)
    return 0.0 if found is None else run_length(found)


def runs_of(recordings: Sequence[Recording]) -> Runs:
    """All runs of the recordings."""
    found = [
        (one.granule * QUANTUM, run_length(i), count)
        for recording in recordings
        for one in recording.sizes
        for bursts in (one.burst_allocs, one.burst_frees)
        for i, count in enumerate(bursts)
        if count
    ]
    return Runs(*np.array(found, dtype=float).reshape(-1, 3).T)
