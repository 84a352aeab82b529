"""What kind of program was recorded.  The fit and the doctor both ask, with the same thresholds.

docs/performance.md has the measurements behind the thresholds.
"""

from dataclasses import dataclass
from typing import Sequence

from gen.limits import QUANTUM
from gen.record.recording import Recording

# Programs with mixed sizes are up to 1.4 times as fast with arrays as with lists.  So lists are for
# programs that allocate hardly anything but tiny blocks.  No measurement decides how large these
# are.
TINY = 256  # bytes
TINY_SHARE = 0.9
# A buffer without a size class is cut from the heap, which takes ten times as long as one from a
# cache.  If one call in 100 asks for a buffer, that is about a tenth of all the time in malloc.
BUFFER = 32768  # bytes, the default's largest class; a buffer has more, up to a heap page
BUFFER_SHARE = 0.01
REMOTE_SHARE = 0.01  # of the frees; no measurement decides
# A program with less shows no difference between profiles: its calls take 2 ms, at 20 ns each, and
# the 6 % that tiny-heavy saves of such a heap are less than a megabyte.
FEW_CALLS = 100_000
LITTLE_BYTES = 16 << 20
LEAST_LIVE = 100  # blocks at the peak; from fewer, classes cannot be fitted


@dataclass(frozen=True)
class Habits:
    """Counts of one program from its start to its end."""

    calls: int  # for blocks of at most a heap page
    tiny_calls: int  # those for at most TINY bytes
    buffer_calls: int  # those for more than BUFFER bytes
    frees: int
    remote_frees: int  # those by another thread than the one that allocated
    threads: int  # most at once
    peak_bytes: int  # asked for and in use at the peak
    peak_blocks: int

    @property
    def tiny_share(self) -> float:
        """Tiny calls as a share of the calls, 0 to 1."""
        return self.tiny_calls / max(self.calls, 1)

    @property
    def buffer_share(self) -> float:
        """Calls for buffers as a share of the calls, 0 to 1."""
        return self.buffer_calls / max(self.calls, 1)

    @property
    def remote_share(self) -> float:
        """Frees by another thread as a share of the frees, 0 to 1."""
        return self.remote_frees / max(self.frees, 1)

    @property
    def passes_blocks_on(self) -> bool:
        """Whether threads free each other's blocks."""
        return self.remote_share >= REMOTE_SHARE

    @property
    def lives_on_tiny(self) -> bool:
        """Whether nearly all blocks are tiny, and each thread frees its own."""
        return self.tiny_share >= TINY_SHARE and not self.passes_blocks_on

    @property
    def uses_buffers(self) -> bool:
        """Whether calls for buffers are frequent enough for size classes of their own."""
        return self.buffer_share >= BUFFER_SHARE

    @property
    def does_little(self) -> bool:
        """Whether the program does too little to show a difference between profiles."""
        return self.calls < FEW_CALLS and self.peak_bytes < LITTLE_BYTES


def habits_of(recordings: Sequence[Recording]) -> Habits:
    """The habits of at least one recording.  Counts are added; threads and peaks are the
    largest."""
    bins = [one for recording in recordings for one in recording.sizes]
    return Habits(
        calls=sum(one.allocs for one in bins),
        tiny_calls=sum(one.allocs for one in bins if one.granule * QUANTUM <= TINY),
        buffer_calls=sum(one.allocs for one in bins if one.granule * QUANTUM > BUFFER),
        frees=sum(one.frees for one in bins),
        remote_frees=sum(one.remote_frees for one in bins),
        threads=max(one.threads for one in recordings),
        peak_bytes=max(one.peak_live_bytes for one in recordings),
        peak_blocks=max(one.peak_live_blocks for one in recordings),
    )
