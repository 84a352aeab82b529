"""What the classes have to serve: blocks by granule and alignment, of one recording or of several,
and beside them the prior, a guess at the sizes that no recording has."""

from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Sequence

import numpy as np

from gen.limits import OS_PAGE, QUANTUM
from gen.record.recording import GRANULES, Recording

PRIOR_MAX = 2048  # granules: the prior reaches as far as the default's classes
KNEE = 64  # granules, 1 KiB: most of what programs allocate is smaller


@dataclass(frozen=True)
class Demand:
    """Entry g of an array is about requests of 16 * (g - 1) + 1 .. 16 * g bytes; entry 0 is 0."""

    blocks: np.ndarray
    full: np.ndarray  # blocks of exactly 16 * g bytes
    bytes: np.ndarray  # requested
    aligned: dict[int, "Demand"] = field(default_factory=dict)  # those of them with an alignment
    # above 16 bytes, by alignment

    @property
    def total_bytes(self) -> float:
        return float(self.bytes.sum())

    def scaled(self, factor: float) -> "Demand":
        aligned = {alignment: part.scaled(factor) for alignment, part in self.aligned.items()}
        return Demand(self.blocks * factor, self.full * factor, self.bytes * factor, aligned)

    def parts(self) -> dict[int, "Demand"]:
        """By alignment, with those that have none at 16."""
        arrays = [
            np.maximum(getattr(self, name) - sum(getattr(part, name) for part in
                                                 self.aligned.values()), 0.0)
            for name in ("blocks", "full", "bytes")
        ]
        return {QUANTUM: Demand(*arrays), **self.aligned}

    def needing(self, header_bytes: int) -> np.ndarray:
        """Blocks by the granules that they need: with the header one more for those that are full,
        hence one entry more."""
        needed = np.append(self.blocks, 0.0)
        if header_bytes:
            needed[:-1] -= self.full
            needed[1:] += self.full
        return needed


def least_bytes(parts: dict[int, Demand]) -> float:
    """What blocks, by alignment, take rounded up to it, or to pages where these are less: no classes
    give less."""
    sizes = np.arange(GRANULES + 1) * QUANTUM
    return sum(float(part.blocks @ round_up(sizes, min(alignment, OS_PAGE)))
               for alignment, part in parts.items())


def round_up(sizes: np.ndarray, step: int) -> np.ndarray:
    """To multiples of the step."""
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
    """Everything that was allocated from start to end."""
    return _gather(recording, "allocs", "full", "bytes")


def mean(demands: Sequence[Demand]) -> Demand:
    """Each scaled to the bytes that they have on average: a recording counts for its sizes, not
    for how much it allocated.  At least one has bytes."""
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
    """A guess at the sizes of other inputs, with as many bytes as `seen`, the live heap.

    A third of the bytes is where all calls' bytes were, since what was allocated at any time may
    live at another peak.  A third is spread over those doublings where the live bytes are.  A third
    is over all doublings up to the largest class of the default, fewer in those above KNEE granules
    by the root of the size.  Within a doubling bytes are even by ratio of the size, which is what
    the default's classes are made for.  One block in 16 is full.  Of the third from all calls, as
    many bytes of each size have an alignment as in the calls.
    """
    edge = np.arange(GRANULES + 1, dtype=float)
    width = np.zeros(GRANULES + 1)  # in doublings; all up to 16 bytes are one
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
    """`seen`, and the prior with `strength` times its bytes."""
    return _sum([seen, prior(seen, calls).scaled(strength)])
