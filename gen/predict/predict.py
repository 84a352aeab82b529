"""What memory a profile takes for a recorded program: Model, Recording -> Prediction.

Rounding and tails are counted block by block.  The blocks in threads' caches are estimated
(caches.py).  Aligned blocks are in the classes where src/slow.c puts them.  The room that realloc
adds for later growth is left out.
"""

from dataclasses import dataclass
from typing import Sequence

from gen.layout import POINTER, cache_bytes, cache_struct
from gen.limits import DESCRIPTOR, INLINE_BLOCKS, NEAR_SLOTS, OS_PAGE, PAGE
from gen.model import ClassRow, Model
from gen.predict import demand
from gen.predict.loads import ClassLoad, loads_of
from gen.predict.rounding import Rounding, of_classes, of_parts, rounding
from gen.record.recording import Recording


@dataclass(frozen=True)
class Prediction:
    """The predicted memory, in bytes.  The peak is the moment when most bytes were live."""

    profile: str
    classes: int
    used: int  # classes with blocks at the peak
    peak: Rounding
    aligned: Rounding  # of the blocks at the peak with an alignment above 16 bytes
    calls: Rounding  # of all blocks ever allocated in classes
    aligned_calls: Rounding  # of all blocks ever allocated with an alignment
    aligned_allocs: int  # number of the latter
    tail: float  # bytes at the ends of the slabs that the peak needs
    slabs: float  # bytes of these slabs
    partly: float  # bytes of the free blocks in the last slab of each class
    metadata: float  # descriptors, free sets and page map for these slabs
    thread_cache: int  # mapped for a thread's cache, without blocks
    thread_stock: float  # of the blocks in it, estimated
    resident: float  # small blocks as given, metadata and caches at the peak
    rows: tuple[ClassLoad, ...]  # classes that were used at any time

    @property
    def tail_percent(self) -> float:
        """The tail in percent of the slabs."""
        return 100 * self.tail / self.slabs if self.slabs else 0.0

    @property
    def thread(self) -> float:
        """Bytes for each thread: its cache and the blocks in it."""
        return self.thread_cache + self.thread_stock


def predict(model: Model, recording: Recording) -> Prediction:
    """The prediction for the recorded program with the model's profile."""
    rows = loads_of(model, recording)
    peak, calls = demand.at_peak(recording), demand.of_calls(recording)
    tables = {row.size: row for row in model.classes}
    used = [row for row in rows if row.blocks > 0]
    slabs = sum(row.slabs * tables[row.size].slab_pages * PAGE for row in used)
    tail = sum(row.slabs * (tables[row.size].tail + tables[row.size].first) for row in used)
    partly = sum((row.slabs * tables[row.size].nblocks - row.blocks) * row.size for row in used)
    rounded = rounding(model, peak)
    metadata = sum(_slab_metadata(tables[row.size], model) * row.slabs for row in used)
    cache, stock = cache_bytes(model), _stock_bytes(model, rows)
    touched = _touched(model, rows)
    return Prediction(
        profile=model.profile,
        classes=model.nclasses,
        used=len(used),
        peak=rounded,
        aligned=of_parts(model, peak.aligned),
        calls=of_classes(model, calls),
        aligned_calls=of_parts(model, calls.aligned),
        aligned_allocs=sum(one.allocs for one in recording.aligned),
        tail=tail,
        slabs=slabs,
        partly=partly,
        metadata=metadata,
        thread_cache=cache,
        thread_stock=stock,
        resident=rounded.given + metadata + max(recording.threads, 1) * (touched + stock)
        + len(used) * OS_PAGE / 2,
        rows=tuple(rows),
    )


# ---- caches --------------------------------------------------------------------------------------


def _stock_bytes(model: Model, loads: Sequence[ClassLoad]) -> float:
    """Bytes of the blocks in a thread's cache.  If the limits have grown beyond the thread's
    budget, classes take from each other, and about half of what exceeds the budget stays."""
    held = sum(one.bin.stock * one.size for one in loads)
    grown = sum(one.bin.grown * one.size for one in loads)
    budget = model.keys["front"]["thread_bytes"]
    return held * (1 + budget / grown) / 2 if grown > budget else held


def _touched(model: Model, loads: Sequence[ClassLoad]) -> int:
    """Resident bytes of a thread's cache: the pages that the classes in use touch."""
    tables = {row.size: row for row in model.classes}
    struct = cache_struct(model)
    near, far = struct.near_slots.offset, struct.slots.offset
    pages = set(range(near // OS_PAGE + 1))
    for one in loads:
        row = tables[one.size]
        if row.kind == "array":
            order = row.index - model.list_classes
            pages |= _pages(near + POINTER * NEAR_SLOTS * order, min(one.bin.limit, NEAR_SLOTS))
            if one.bin.limit > NEAR_SLOTS:
                pages |= _pages(far + POINTER * row.slot0, one.bin.limit)
    return OS_PAGE * len(pages)


def _pages(first: int, pointers: float) -> set[int]:
    """Numbers of the pages that hold so many pointers from byte `first` on."""
    last = int(first + POINTER * pointers) - 1
    return set(range(first // OS_PAGE, last // OS_PAGE + 1))


def _slab_metadata(row: ClassRow, model: Model) -> int:
    bits = 1 << (-(-row.nblocks // 64) * 8 - 1).bit_length() if row.nblocks > INLINE_BLOCKS else 0
    return row.slab_pages * (DESCRIPTOR + (model.lookup == "map")) + bits
