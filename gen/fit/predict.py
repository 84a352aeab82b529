"""What a profile's tables come to for a recorded program: Model, Recording -> Prediction.

Rounding and tails are counted block by block; what the caches of threads hold is estimated from
the rules of src/cache.c.  Blocks with an alignment of more than 16 bytes are where src/slow.c puts
them; what realloc adds for further growth is left out.
"""

from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np

from gen.fit import demand
from gen.fit.demand import GRANULES, OS_PAGE, QUANTUM, Demand
from gen.model import ClassRow, Model
from gen.record.recording import AlignedBin, Recording, SizeBin
from gen.fit.served import block_bytes, class_by_granules

PAGE = 65536
POINTER = 8
LEAST_BYTES, LEAST_BLOCKS = 4096, 32  # src/cache.c: a limit before it has grown
FILL_BYTES, FILL_BLOCKS, MOST_TAKEN = 16384, 4, 128  # the same: blocks taken at a time
NEAR_SLOTS = 32  # src/cache.h: pointers of a class whose limit is no higher
DESCRIPTOR = 128  # struct hak_span
INLINE_BLOCKS = 512  # in a descriptor; the free set of more lies apart


@dataclass(frozen=True)
class Rounding:
    """Blocks up to 64 KiB: bytes asked for and bytes given, rounded up to the class; above the
    largest class to the pages of the operating system, since those behind are never touched.
    `least` are those that any classes would give: 16-byte alignment alone."""

    asked: float
    given: float
    least: float

    @property
    def waste(self) -> float:
        return self.given - self.asked

    @property
    def percent(self) -> float:
        """Of the bytes given."""
        return 100 * self.waste / self.given if self.given else 0.0

    @property
    def avoidable(self) -> float:
        """Bytes that other classes could save."""
        return self.given - self.least

    @property
    def avoidable_percent(self) -> float:
        """Of the bytes given."""
        return 100 * self.avoidable / self.given if self.given else 0.0


@dataclass(frozen=True)
class Bin:
    """A class in the cache of one thread, when the program has ended: blocks, estimated."""

    limit: int
    stock: float
    grown: int  # blocks that the limit has grown by, as the budgets count them: lists twice


@dataclass(frozen=True)
class ClassLoad:
    """One class over the recorded live heap."""

    size: int
    blocks: float  # live at the peak
    asked: float  # bytes of these
    allocs: float  # calls, from start to end
    asked_by_calls: float
    slabs: int  # the least that hold the blocks
    bin: Bin  # in the cache of one thread


@dataclass(frozen=True)
class Prediction:
    """Sizes are bytes; `peak` is the moment when most bytes were live."""

    profile: str
    classes: int
    used: int  # classes with blocks at the peak
    peak: Rounding
    aligned: Rounding  # those of the peak with an alignment above 16 bytes
    calls: Rounding  # of everything that was allocated, in classes only
    aligned_calls: Rounding  # those with an alignment, in classes or not
    aligned_allocs: int  # how many these are
    tail: float  # at the ends of the slabs that the peak needs
    slabs: float  # these slabs
    partly: float  # free blocks in the last slab of each class
    metadata: float  # descriptors, free sets and page map for these slabs
    thread_cache: int  # a thread's cache without blocks, as it is mapped
    thread_stock: float  # bytes of the blocks in it, estimated
    resident: float  # what small blocks, their waste, metadata and caches come to at the peak
    rows: tuple[ClassLoad, ...]  # classes that were used at any time

    @property
    def tail_percent(self) -> float:
        """Of the slabs."""
        return 100 * self.tail / self.slabs if self.slabs else 0.0

    @property
    def thread(self) -> float:
        """Memory per thread."""
        return self.thread_cache + self.thread_stock


def predict(model: Model, recording: Recording) -> Prediction:
    """Works it out."""
    rows = _loads(model, recording)
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
        aligned=_rounding(model, peak.aligned),
        calls=_of_classes(model, calls),
        aligned_calls=_rounding(model, calls.aligned),
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


# ---- rounding ------------------------------------------------------------------------------------


def rounding(model: Model, asked: Demand) -> Rounding:
    """The demand, served by the model."""
    return _rounding(model, asked.parts())


def _rounding(model: Model, parts: dict[int, Demand]) -> Rounding:
    return Rounding(
        sum(part.total_bytes for part in parts.values()),
        sum(float(part.needing(model.header_bytes) @ block_bytes(model, alignment))
            for alignment, part in parts.items()),
        sum(float(part.blocks @ demand.least_block(alignment))
            for alignment, part in parts.items()),
    )


def _of_classes(model: Model, asked: Demand) -> Rounding:
    """Only what has a class; the header byte is no waste here, as in the statistics."""
    some = {}
    for alignment, part in asked.parts().items():
        classes = np.array(class_by_granules(model, alignment))[model.header_bytes :]
        has = classes[: GRANULES + 1] > 0
        some[alignment] = Demand(*(np.where(has, array, 0.0)
                                   for array in (part.blocks, part.full, part.bytes)))
    served = _rounding(model, some)
    header = model.header_bytes * sum(float(part.blocks.sum()) for part in some.values())
    return Rounding(served.asked, served.given - header, served.least)


# ---- classes -------------------------------------------------------------------------------------


def _loads(model: Model, recording: Recording) -> list[ClassLoad]:
    """The classes that were used, by rising size.  With a header requests that are full have
    another class; a bin is then counted where most of it is."""
    bins: dict[int, list[SizeBin]] = {}
    for alignment, of_alignment in _by_alignment(recording).items():
        classes = class_by_granules(model, alignment)
        for one in of_alignment:
            full = model.header_bytes and 2 * one.full > one.allocs
            bins.setdefault(classes[one.granule + (1 if full else 0)], []).append(one)
    return [_load(row, bins[row.index], model, recording.threads)
            for row in model.classes if row.index in bins]


def _by_alignment(recording: Recording) -> dict[int, list[SizeBin]]:
    """The bins of small blocks, with what has an alignment apart.  Runs of calls stay with the
    blocks that have none, if there are any."""
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


def _load(row: ClassRow, bins: Sequence[SizeBin], model: Model, threads: int) -> ClassLoad:
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


# ---- caches --------------------------------------------------------------------------------------


def least_limit(size: int, most: int) -> int:
    """Blocks that a bin may hold before it has grown."""
    return min(max(LEAST_BYTES // size, 1), LEAST_BLOCKS, most)


def bin_of(row: ClassRow, bins: Sequence[SizeBin], threads: int) -> Bin:
    """The bin is refilled while the live blocks grow to their peak, which doubles its limit each
    time.  What was taken and is not live any more is in it, and half of the last refill; but a
    full array gives half of its limit back, so that it holds three quarters on average, and a list
    has a full spare beside the half of it."""
    most = row.batch if row.kind == "list" else row.cap
    least = limit = least_limit(row.size, most)
    taken = last = 0
    live = sum(one.allocs - one.frees for one in bins) / threads
    peak = max(sum(one.peak_blocks for one in bins) / threads, live, most_at_once(bins))
    while taken < peak:
        last = min(max(limit // 2, 1), MOST_TAKEN) if row.kind == "array" else limit
        last = min(last, max(FILL_BYTES // row.size, FILL_BLOCKS))
        taken += last
        if limit == most:
            break
        limit = min(2 * limit, most)
    left = min(peak - live, sum(one.frees for one in bins) / threads)
    twice = 2 if row.kind == "list" else 1
    held = min(left + last / 2, twice * limit * 3 / 4)
    return Bin(limit, held, twice * (limit - least))


def most_at_once(bins: Sequence[SizeBin]) -> float:
    """Of the class: the longest run of allocations, the mean of what its count stands for."""
    lengths = [i for one in bins for i, count in enumerate(one.burst_allocs) if count]
    return run_length(max(lengths)) if lengths else 0.0


def run_length(i: int) -> float:
    """The mean of 2^i..2^(i+1)-1."""
    return ((3 << i) - 1) / 2


def _stock_bytes(model: Model, loads: Sequence[ClassLoad]) -> float:
    """Of all classes.  Where limits grow beyond the thread's budget, classes take them from each
    other; what they give up goes back to central, and about half of it comes again."""
    held = sum(one.bin.stock * one.size for one in loads)
    grown = sum(one.bin.grown * one.size for one in loads)
    budget = model.keys["front"]["thread_bytes"]
    return held * (1 + budget / grown) / 2 if grown > budget else held


def _near_at(model: Model) -> int:
    """Where the pointers of the array classes start in struct hak_cache."""
    of_classes = model.nclasses + 1
    size = 16 * (256 if model.header_bytes else of_classes)  # bins
    size += 16 * (model.list_classes + 1)  # spare
    size = _up(size + of_classes, 8) + 8  # outbox, granted
    size = _up(size + 4 + of_classes, 8)  # hand, used
    return size + 8 + 8 + 8 + 16  # next, next_free, owner, refills and flushes


def _slots_at(model: Model) -> int:
    """Where those start of classes whose limit has outgrown the near slots."""
    return _near_at(model) + POINTER * NEAR_SLOTS * (model.nclasses - model.list_classes + 1)


def cache_bytes(model: Model) -> int:
    """sizeof(struct hak_cache), rounded up to pages: what a thread's cache is mapped with."""
    of_classes = model.nclasses + 1
    size = _slots_at(model) + POINTER * (model.array_slots + 1) + 24 * of_classes  # counts
    size = _up(size + 16 + 4 * of_classes, 8)  # waiting
    size += POINTER * (4096 if model.keys["guard"]["checks"] else 1)
    return _up(size, OS_PAGE)


def _touched(model: Model, loads: Sequence[ClassLoad]) -> int:
    """Of that, what the classes in use make resident."""
    tables = {row.size: row for row in model.classes}
    near, far = _near_at(model), _slots_at(model)
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
    """Numbers of the pages that so many pointers from byte `first` on lie in."""
    last = int(first + POINTER * pointers) - 1
    return set(range(first // OS_PAGE, last // OS_PAGE + 1))


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _slab_metadata(row: ClassRow, model: Model) -> int:
    bits = 1 << (-(-row.nblocks // 64) * 8 - 1).bit_length() if row.nblocks > INLINE_BLOCKS else 0
    return row.slab_pages * (DESCRIPTOR + (model.lookup == "map")) + bits
