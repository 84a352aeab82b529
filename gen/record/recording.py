"""What one process asked of malloc."""

from dataclasses import dataclass
from pathlib import Path

from gen.record.layout import CONSTANTS

GRANULE = CONSTANTS["RECORD_GRANULE"]  # bytes
GRANULES = CONSTANTS["RECORD_GRANULES"]


class RecordingError(Exception):
    """FILE: what is wrong, what would be right"""


@dataclass(frozen=True)
class SizeBin:
    """Requests of 16 * (granule - 1) + 1 .. 16 * granule bytes; granule 1 has those of 0, too."""

    granule: int
    allocs: int  # calls that made such a block: malloc, calloc, aligned, every realloc to it
    bytes: int  # requested by these
    full: int  # how many of them asked for exactly 16 * granule bytes
    frees: int  # a realloc is one of the old block
    remote_frees: int  # by another thread than the one that allocated
    peak_blocks: int  # in use at the process's peak of live bytes (within 3 %)
    peak_bytes: int  # requested by those
    peak_full: int
    burst_allocs: tuple[int, ...]  # [i]: runs of 2^i..2^(i+1)-1 allocations without a free of this
    # bin by the same thread; the last one also of more
    burst_frees: tuple[int, ...]  # the same for frees without an allocation


@dataclass(frozen=True)
class LargeBin:
    """Requests of least..most bytes, above 64 KiB; otherwise as SizeBin."""

    least: int
    most: int
    allocs: int
    bytes: int
    frees: int
    remote_frees: int
    peak_blocks: int
    peak_bytes: int


@dataclass(frozen=True)
class AlignedBin:
    """Those blocks of a SizeBin that were asked for with an alignment of 32 bytes to 64 KiB."""

    alignment: int
    granule: int
    allocs: int
    bytes: int
    full: int
    frees: int
    peak_blocks: int
    peak_bytes: int
    peak_full: int


@dataclass(frozen=True)
class Moment:
    """The bytes in use at one time."""

    seconds: float  # since the start
    live_bytes: int


@dataclass(frozen=True)
class Recording:
    """One process from its start; a child of fork has its parent's blocks from before, too."""

    program: str  # command line
    pid: int
    threads: int  # most at once, of those that called malloc
    threads_started: int
    seconds: float  # from the start to the last operation, as far as seen
    complete: bool  # False: ended by a signal or by exec, or still running
    sizes: tuple[SizeBin, ...]  # only bins that were used, by granule
    larger: tuple[LargeBin, ...]
    peak_live_bytes: int
    peak_live_blocks: int  # at that peak (within 3 %)
    total_allocs: int
    total_frees: int
    timeline: tuple[Moment, ...]
    alignments: dict[int, int]  # alignment asked for (bytes, above 16) -> calls
    reallocs_grown: int  # of a block, to a larger size
    start: float = 0.0  # seconds of the machine's clock
    inherited_bytes: int = 0  # in use when fork made the process
    aligned: tuple[AlignedBin, ...] = ()  # by alignment, then granule; sizes has them as well

    @property
    def name(self) -> str:
        """Of the program, without its folder and its arguments."""
        return Path(self.program.split(" ", 1)[0]).name
