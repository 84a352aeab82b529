"""What the classes have to serve: the recorded blocks by granule and alignment, and the prior.

A granule is 16 bytes.  The prior is a guess at the sizes that no recording has.
"""

from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Sequence

import numpy as np

from gen.limits import OS_PAGE, QUANTUM
from gen.record.recording import GRANULES, Recording

PRIOR_MAX = 2048  # granules: the largest class of the default, where the prior ends
KNEE = 64  # granules, 1 KiB: most of what programs allocate is smaller


@dataclass(frozen=True)
class Demand:
    """Blocks by size.  Entry g of an array is for requests of 16 * (g - 1) + 1 .. 16 * g bytes;
    entry 0 is 0."""

    blocks: np.ndarray
    full: np.ndarray  # blocks of exactly 16 * g bytes
    bytes: np.ndarray  # requested
    # Of these, the blocks with an alignment above 16 bytes, by alignment.
    aligned: dict[int, "Demand"] = field(default_factory=dict)

    @property
    def total_bytes(self) -> float:
        return float(self.bytes.sum())

    def scaled(self, factor: float) -> "Demand":
        aligned = {alignment: part.scaled(factor) for alignment, part in self.aligned.items()}
        return Demand(self.blocks * factor, self.full * factor, self.bytes * factor, aligned)

    def parts(self) -> dict[int, "Demand"]:
        """Alignment -> its blocks.  Blocks without an alignment are those of 16."""
        arrays = [
            np.maximum(getattr(self, name) - sum(getattr(part, name) for part in
                                                 self.aligned.values()), 0.0)
            for name in ("blocks", "full", "bytes")
        ]
        return {QUANTUM: Demand(*arrays), **self.aligned}

    def needing(self, header_bytes: int) -> np.ndarray:
        """Blocks by the granules that they need.  With a header a full block needs one more, so the
        array has one entry more."""
        needed = np.append(self.blocks, 0.0)
        if header_bytes:
            needed[:-1] -= self.full
            needed[1:] += self.full
        return needed


def least_bytes(parts: dict[int, Demand]) -> float:
    """Bytes of the blocks of each alignment, rounded up to it, or to a page if that is less.  No
    classes give less."""
    sizes = np.arange(GRANULES + 1) * QUANTUM
    return sum(float(part.blocks @ round_up(sizes, min(alignment, OS_PAGE)))
               for alignment, part in parts.items())


def round_up(sizes: np.ndarray, step: int) -> np.ndarray:
    """The sizes, rounded up to multiples of the step."""
    return -(-sizes // step) * step


def _gather(recording: Recording, *counts: str) -> Demand:
    arrays = np.zeros((3, GRANULES + 1))
    for one in recording.sizes:
        arrays[:, one.granule] = [getattr(one, count) for count in counts]
    aligned: dict[int, np.ndarray] = {}
    for one in recording.aligned:
        part = aligned.setdefault(one.alignment, np.zeros((3, GRANULES + 1)))
        part[:, one.granule] = [getattr(one, count) for count in counts]
    return Demand(*arrays, {alignment: Demand(*part) for alignment, part in aligned.items()})


def at_peak(recording: Recording) -> Demand:
    """The live heap at its peak."""
    return _gather(recording, "peak_blocks", "peak_full", "peak_bytes")


def of_calls(recording: Recording) -> Demand:
    """All blocks that were allocated from start to end."""
    return _gather(recording, "allocs", "full", "bytes")


def mean(demands: Sequence[Demand]) -> Demand:
    """The mean of the demands, each scaled to their average bytes first, so that a recording does
    not count for how much it allocates.  At least one demand has bytes."""
    demands = [one for one in demands if one.total_bytes > 0]
    target = fmean(one.total_bytes for one in demands)
    return _sum([one.scaled(target / one.total_bytes / len(demands)) for one in demands])


def _sum(demands: Sequence[Demand]) -> Demand:
    arrays = [(one.blocks, one.full, one.bytes) for one in demands]
    alignments = sorted({alignment for one in demands for alignment in one.aligned})
    aligned = {
        alignment: _sum([one.aligned[alignment] for one in demands if alignment in one.aligned])
        for alignment in alignments
    }
    return Demand(*(sum(column) for column in zip(*arrays)), aligned)


def prior(seen: Demand, calls: Demand) -> Demand:
    """A guess at the sizes of other inputs, with as many bytes as the live heap `seen`.

    - A third of the bytes has the sizes of all `calls`: blocks of any time may live at another
      peak.
    - A third is spread over the doublings that hold live bytes.
    - A third is spread over all doublings up to the default's largest class.  Above KNEE granules
      their share falls with the root of the size.

    Within a doubling, equal ratios of sizes get equal bytes, as the default's classes expect.  One
    block in 16 is full.  The first third has the alignments of the calls.
    """
    edge = np.arange(GRANULES + 1, dtype=float)
    width = np.zeros(GRANULES + 1)  # of each granule in doublings; that of the first is 1
    width[1] = 1.0
    width[2:] = np.log2(edge[2:] / edge[1:-1])
    everywhere = np.where(edge <= PRIOR_MAX, width / np.sqrt(np.maximum(1.0, edge / KNEE)), 0.0)
    doubling = np.zeros(GRANULES + 1, dtype=int)
    doubling[1:] = np.ceil(np.log2(edge[1:]) - 1e-9)
    there = np.bincount(doubling, weights=seen.bytes)
    near = there[doubling] * width / np.bincount(doubling, weights=width)[doubling]
    parts = [part / part.sum() for part in (everywhere, near, calls.bytes) if part.sum() > 0]
    requested = seen.total_bytes * sum(parts) / len(parts)
    typical = np.maximum(edge * QUANTUM - (QUANTUM - 1) / 2, 1.0)
    aligned = {}
    for alignment, part in calls.aligned.items():
        of_part = seen.total_bytes * part.bytes / calls.total_bytes / len(parts)
        aligned[alignment] = _guess(of_part, typical)
    return replace(_guess(requested, typical), aligned=aligned)


def _guess(requested: np.ndarray, typical: np.ndarray) -> Demand:
    blocks = requested / typical
    return Demand(blocks, blocks / QUANTUM, requested)


def blend(seen: Demand, calls: Demand, strength: float) -> Demand:
    """`seen` and the prior together; the prior has `strength` times the bytes of `seen`."""
    return _sum([seen, prior(seen, calls).scaled(strength)])
