"""What the classes have to serve: blocks by granule, of one recording or of several, and beside
them the prior, a guess at the sizes that no recording has."""

from dataclasses import dataclass
from typing import Iterable, Sequence

import numpy as np

from gen.recording import Recording

QUANTUM = 16
GRANULES = 4096  # up to 64 KiB; larger requests are nobody's choice
PRIOR_MAX = 2048  # granules: the prior reaches as far as the default's classes
KNEE = 64  # granules, 1 KiB: most of what programs allocate is smaller


@dataclass(frozen=True)
class Demand:
    """Entry g of an array is about requests of 16 * (g - 1) + 1 .. 16 * g bytes; entry 0 is 0."""

    blocks: np.ndarray
    full: np.ndarray  # blocks of exactly 16 * g bytes
    bytes: np.ndarray  # requested

    @property
    def total_bytes(self) -> float:
        return float(self.bytes.sum())

    def scaled(self, factor: float) -> "Demand":
        return Demand(self.blocks * factor, self.full * factor, self.bytes * factor)

    def needing(self, header_bytes: int) -> np.ndarray:
        """Blocks by the granules that they need: with the header one more for those that are full,
        hence one entry more."""
        needed = np.append(self.blocks, 0.0)
        if header_bytes:
            needed[:-1] -= self.full
            needed[1:] += self.full
        return needed

    @property
    def least_bytes(self) -> float:
        """What the blocks take rounded up to 16 bytes, which no class can save."""
        return float(self.blocks @ np.arange(GRANULES + 1)) * QUANTUM


def _gather(recording: Recording, blocks: str, full: str, requested: str) -> Demand:
    arrays = np.zeros((3, GRANULES + 1))
    for one in recording.sizes:
        arrays[:, one.granule] = getattr(one, blocks), getattr(one, full), getattr(one, requested)
    return Demand(*arrays)


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
    target = sum(one.total_bytes for one in demands) / len(demands)
    return _sum(one.scaled(target / one.total_bytes / len(demands)) for one in demands)


def _sum(demands: Iterable[Demand]) -> Demand:
    arrays = [(one.blocks, one.full, one.bytes) for one in demands]
    return Demand(*(sum(column) for column in zip(*arrays)))


def prior(seen: Demand, calls: Demand) -> Demand:
    """A guess at the sizes of other inputs, with as many bytes as `seen`, the live heap.

    A third of the bytes is where all calls' bytes were, since what was allocated at any time may
    live at another peak.  A third is spread over those doublings where the live bytes are.  A third
    is over all doublings up to the largest class of the default, fewer in those above KNEE granules
    by the root of the size.  Within a doubling bytes are even by ratio of the size, which is what
    the default's classes are made for.  One block in 16 is full.
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
    blocks = requested / typical
    return Demand(blocks, blocks / QUANTUM, requested)


def blend(seen: Demand, calls: Demand, strength: float) -> Demand:
    """`seen`, and the prior with `strength` times its bytes."""
    return _sum([seen, prior(seen, calls).scaled(strength)])
