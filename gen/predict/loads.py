"""A recording by the classes of a profile: Model, Recording -> ClassLoads."""

from dataclasses import dataclass, replace
from typing import Sequence

from gen.limits import QUANTUM
from gen.model import ClassRow, Model
from gen.predict.caches import Bin, bin_of
from gen.record.recording import AlignedBin, Recording, SizeBin
from gen.served import classes_by_step


@dataclass(frozen=True)
class ClassLoad:
    """The recorded blocks that one class serves."""

    size: int
    blocks: float  # live at the peak
    asked: float  # bytes asked for in these
    allocs: float  # from start to end
    asked_by_calls: float
    slabs: int  # the fewest that hold the blocks
    bin: Bin  # in the cache of one thread


def loads_of(model: Model, recording: Recording) -> list[ClassLoad]:
    """The loads of the classes that serve any recorded block, by rising size.  With a header the
    full blocks of a bin have another class than the rest; the whole bin counts for the class with
    most."""
    bins: dict[int, list[SizeBin]] = {}
    for alignment, of_alignment in _by_alignment(recording).items():
        classes = classes_by_step(model, alignment)
        for one in of_alignment:
            full = model.header_bytes and 2 * one.full > one.allocs
            step = one.granule + (1 if full else 0)
            if step < len(classes):
                bins.setdefault(classes[step], []).append(one)
    return [_load(row, bins[row.index], recording.threads)
            for row in model.classes if row.index in bins]


def _by_alignment(recording: Recording) -> dict[int, list[SizeBin]]:
    """Alignment -> the bins of small blocks with that alignment; 16 for those without one.  The
    runs of a bin stay with the blocks without an alignment, if it has any."""
    counts = ("allocs", "bytes", "full", "frees", "peak_blocks", "peak_bytes", "peak_full")
    found: dict[int, list[SizeBin]] = {QUANTUM: []}
    aligned: dict[int, list[AlignedBin]] = {}
    for part in recording.aligned:
        aligned.setdefault(part.granule, []).append(part)
    for one in recording.sizes:
        parts = aligned.get(one.granule, [])
        rest = {count: max(0, getattr(one, count) - sum(getattr(part, count) for part in parts))
                for count in counts}
        if any(rest.values()):
            found[QUANTUM].append(replace(one, **rest))
            one = replace(one, burst_allocs=(), burst_frees=())
        for part in parts:
            only = replace(one, **{count: getattr(part, count) for count in counts})
            found.setdefault(part.alignment, []).append(only)
    return found


def _load(row: ClassRow, bins: Sequence[SizeBin], threads: int) -> ClassLoad:
    blocks = sum(one.peak_blocks for one in bins)
    return ClassLoad(
        size=row.size,
        blocks=blocks,
        asked=sum(one.peak_bytes for one in bins),
        allocs=sum(one.allocs for one in bins),
        asked_by_calls=sum(one.bytes for one in bins),
        slabs=-(-blocks // row.nblocks),
        bin=bin_of(row, bins, max(threads, 1)),
    )
