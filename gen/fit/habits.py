"""What kind of program it is.  The fit and the doctor ask the same questions of the same numbers.

docs/performance.md has the measurements that the thresholds name.
"""

from dataclasses import dataclass
from typing import Sequence

from gen.limits import QUANTUM
from gen.record.recording import Recording

# Lists lose where sizes are mixed: arrays are up to 1.4 times as fast.  So nearly all blocks have to
# be tiny.  Whether that ends at 128 or 256 bytes, no measurement decides.
TINY = 256  # bytes
TINY_SHARE = 0.9
# A buffer from a thread's cache takes a tenth of the time of one that is cut from the heap, and that
# as long as ten others: one call in 100 for a buffer is then a tenth of the time in malloc.
BUFFER = 32768  # bytes, from here to a heap page: too large for a class of the default profile
BUFFER_SHARE = 0.01
REMOTE_SHARE = 0.01  # of the frees; below it threads hardly pass blocks on, by no measurement
# Too little for profiles to differ: calls that take 2 ms together at 20 ns each, and a heap of which
# a profile saves less than a megabyte, if it saves 6 %, the most in that table.
FEW_CALLS = 100_000
LITTLE_BYTES = 16 << 20
LEAST_BLOCKS = 100  # live at the peak; fewer say nothing about the sizes of another run


@dataclass(frozen=True)
class Habits:
    """Counts of one program, from start to end unless they say otherwise."""

    calls: int  # that gave a block of at most a heap page
    tiny_calls: int  # of these, for at most TINY bytes
    buffer_calls: int  # of these, for more than BUFFER bytes
    frees: int
    remote_frees: int  # of these, by another thread than the one that allocated
    threads: int  # most at once
    peak_bytes: int  # asked for and in use at the peak
    peak_blocks: int

    @property
    def tiny_share(self) -> float:
        """Of the calls, 0 to 1."""
        return self.tiny_calls / max(self.calls, 1)

    @property
    def buffer_share(self) -> float:
        """Of the calls, 0 to 1."""
        return self.buffer_calls / max(self.calls, 1)

    @property
    def remote_share(self) -> float:
        """Of the frees, 0 to 1."""
        return self.remote_frees / max(self.frees, 1)

    @property
    def passes_blocks_on(self) -> bool:
        """Whether threads free each other's blocks."""
        return self.remote_share >= REMOTE_SHARE

    @property
    def lives_on_tiny(self) -> bool:
        """Whether it has hardly any other blocks than tiny ones, and each thread its own."""
        return self.tiny_share >= TINY_SHARE and not self.passes_blocks_on

    @property
    def uses_buffers(self) -> bool:
        """Whether buffers are worth a size class."""
        return self.buffer_share >= BUFFER_SHARE

    @property
    def does_little(self) -> bool:
        """Whether no profile could be told from another by this program."""
        return self.calls < FEW_CALLS and self.peak_bytes < LITTLE_BYTES


def habits_of(recordings: Sequence[Recording]) -> Habits:
    """Those of at least one recording, counts added; the threads and the peak are the largest."""
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
