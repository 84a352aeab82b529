"""The blocks that a program had in use when it had most bytes in use."""

from dataclasses import dataclass

from gen.record.recording import GRANULE, Recording

MOST = 32 << 10  # bytes: larger blocks are counted together


@dataclass(frozen=True)
class Peak:
    """One process.  A recording tells of a block which 16 bytes its size lies in, and whether it
    fills them: a block of `size` bytes stands here for those that take the same class in every
    lookup.  Hence sizes are multiples of 16, and those less one."""

    process: str
    calls: int  # that gave a block, from start to end
    sizes: dict[int, int]  # bytes, up to MOST -> blocks in use
    bytes: int  # asked for by these
    larger: int  # blocks in use above MOST bytes
    larger_bytes: int  # asked for by these


def peak_of(recording: Recording) -> Peak:
    """The peak of what was recorded of a process."""
    small = [one for one in recording.sizes if one.granule * GRANULE <= MOST]
    sizes: dict[int, int] = {}
    for one in small:
        most = one.granule * GRANULE
        sizes |= {most - 1: one.peak_blocks - one.peak_full, most: one.peak_full}
    larger = [*recording.sizes[len(small):], *recording.larger]
    return Peak(
        process=recording.name, calls=recording.total_allocs,
        sizes={size: n for size, n in sizes.items() if n},
        bytes=sum(one.peak_bytes for one in small),
        larger=sum(one.peak_blocks for one in larger),
        larger_bytes=sum(one.peak_bytes for one in larger),
    )
