"""Proves the finished tables of a Model, by code that does not know how they were chosen.

It shares with the generator the limits of src/ and the shape of the Model, and imports nothing else
from it.  Some properties hold for every offset or address; the comment then says why it is enough
to look at a few.
"""

from typing import Iterator

from gen.limits import (
    COLOUR_STEP, INLINE_BLOCKS, MAX_BATCH, MAX_BLOCKS, MAX_CLASSES, MAX_COLOURS, PAGE, QUANTUM,
)
from gen.model import ClassRow, Model


class TableError(Exception):
    """The tables are wrong, so the generator has a fault.  A line for each violated property."""


def prove(model: Model) -> None:
    """Raises TableError unless every table of the model is right."""
    problems = list(problems_of(model))
    if problems:
        raise TableError("\n".join(f"{model.source}: {problem}" for problem in problems))


def problems_of(model: Model) -> Iterator[str]:
    """Yields a line for each fault.  Stops after the first group of faults that others follow
    from."""
    shape = list(_shape_problems(model))
    yield from shape
    if shape:
        return
    yield from _table_problems(model)
    for row in model.classes:
        for problem in (
            *_slab_problems(row, model.header_bytes),
            *_slab_bound_problems(row, model),
            *_reciprocal_problems(row, model.recip_shift),
            *_alignment_problems(row),
            *_cache_problems(row, model),
        ):
            yield f"class {row.index} ({row.size} bytes): {problem}"
    yield from _slot_problems(model)
    yield from _heap_problems(model)


# ---- classes -------------------------------------------------------------------------------------


def _shape_problems(model: Model) -> Iterator[str]:
    rows = model.classes
    if not 1 <= len(rows) <= MAX_CLASSES or model.nclasses != len(rows):
        yield f"{len(rows)} classes, nclasses is {model.nclasses}, valid is 1..{MAX_CLASSES}"
        return
    before = 0
    for number, row in enumerate(rows, start=1):
        if row.index != number:
            yield f"class {number}: its index is {row.index}"
        if row.size <= before:
            yield f"class {number}: {row.size} bytes do not rise above {before}"
        if row.size % QUANTUM:
            yield f"class {number}: {row.size} bytes are no multiple of {QUANTUM}"
        before = row.size
    if model.header_bytes != int(model.lookup == "header"):
        yield f"header_bytes is {model.header_bytes} with the {model.lookup} lookup"
    if model.small_max != rows[-1].size - model.header_bytes:
        yield (
            f"small_max is {model.small_max}, the largest class serves "
            f"{rows[-1].size - model.header_bytes}"
        )
    wanted = model.keys["classes"]["sizes"]
    if wanted is not None and [row.size for row in rows] != list(wanted):
        yield "the classes are not those of classes.sizes"


def _table_problems(model: Model) -> Iterator[str]:
    """Checks for each request of 0..small_max bytes that its class is the smallest that fits.  With
    headers, a request that fits leaves the block's last byte to the header of the next block."""
    usable = [0] + [row.size - model.header_bytes for row in model.classes]
    last_step = (model.small_max + model.header_bytes + QUANTUM - 1) // QUANTUM
    if len(model.table) != last_step + 1:
        yield f"the table has {len(model.table)} entries instead of {last_step + 1}"
        return
    for request in range(model.small_max + 1):
        step = (request + model.header_bytes + QUANTUM - 1) // QUANTUM
        cls = model.table[step]
        if not 1 <= cls <= model.nclasses:
            yield f"table[{step}]: {cls} is no class"
        elif request > usable[cls]:
            yield f"table[{step}]: {request} bytes do not fit class {cls} of {usable[cls]}"
        elif cls > 1 and request <= usable[cls - 1]:
            yield f"table[{step}]: {request} bytes fit class {cls - 1}, not only class {cls}"
        else:
            continue
        return


# ---- one class -----------------------------------------------------------------------------------


def _slab_problems(row: ClassRow, header_bytes: int) -> Iterator[str]:
    slab = row.slab_pages * PAGE
    most = MAX_BLOCKS if row.slab_pages == 1 else INLINE_BLOCKS
    if not 1 <= row.nblocks <= most:
        yield f"{row.nblocks} blocks in {row.slab_pages} pages are not in 1..{most}"
    if row.first % QUANTUM or row.first < header_bytes:
        yield f"block 0 at {row.first} is not 16-aligned behind its header"
    if not 1 <= row.colours <= MAX_COLOURS:
        yield f"{row.colours} colours are not in 1..{MAX_COLOURS}"
    end = row.first + row.nblocks * row.size
    last_end = end + (row.colours - 1) * COLOUR_STEP
    if end > slab:
        yield f"its blocks end at {end}, the slab at {slab}"
    elif last_end > slab:
        yield f"the blocks of its last colour end at {last_end}, the slab at {slab}"
    elif slab - end >= row.size:
        yield f"one more block fits the slab: {slab - end} bytes are left over"
    if row.tail != slab - end:
        yield f"tail is {row.tail}, {slab - end} bytes are left over"


def _slab_bound_problems(row: ClassRow, model: Model) -> Iterator[str]:
    slab = model.keys["slab"]
    if row.slab_pages > slab["max_pages"]:
        yield f"a slab of {row.slab_pages} pages exceeds slab.max_pages {slab['max_pages']}"
    if row.nblocks < slab["min_blocks"]:
        yield f"{row.nblocks} blocks in a slab are fewer than slab.min_blocks {slab['min_blocks']}"


def _reciprocal_problems(row: ClassRow, shift: int) -> Iterator[str]:
    """offset * recip >> shift never falls as the offset rises.  So it is the block's number at
    every byte of the block if it is at the first and the last byte."""
    slab = row.slab_pages * PAGE
    if (slab - 1) * row.recip >= 1 << 64:
        yield f"offset {slab - 1} times the reciprocal {row.recip} exceeds 64 bits"
    for start in range(0, slab, row.size):
        for offset in (start, min(start + row.size, slab) - 1):
            got, want = offset * row.recip >> shift, start // row.size
            if got != want:
                yield f"by the reciprocal {row.recip} offset {offset} is in block {got}, not {want}"
                return


def _alignment_problems(row: ClassRow) -> Iterator[str]:
    """A block's address is the sum of the four terms below.  Each of the last three occurs without
    the others, so all addresses are multiples of the alignment exactly if all terms are."""
    if row.align < QUANTUM or row.align & (row.align - 1):
        yield f"alignment {row.align} is no power of two from {QUANTUM} up"
        return
    terms = [("a slab", PAGE), ("block 0", row.first)]
    if row.colours > 1:
        terms.append(("colour 1", COLOUR_STEP))
    if row.nblocks > 1:
        terms.append(("block 1", row.size))
    for what, offset in terms:
        if offset % row.align:
            yield f"{what} at {offset} is not aligned to {row.align}"


def _cache_problems(row: ClassRow, model: Model) -> Iterator[str]:
    front, central = model.keys["front"], model.keys["central"]
    if row.batch < 1 or row.batch > MAX_BATCH or row.cap != 2 * row.batch:
        yield f"cap {row.cap} is not two batches of {row.batch}, or those not of 1..{MAX_BATCH}"
    if row.cap > front["fast_cap"]:
        yield f"cap {row.cap} exceeds front.fast_cap {front['fast_cap']}"
    if row.cap > 2 and row.cap * row.size > front["cache_bytes"]:
        yield f"{row.cap} blocks exceed front.cache_bytes {front['cache_bytes']}"
    if not 1 <= row.transfer <= central["transfer_batches"]:
        yield f"{row.transfer} batches are not in 1..{central['transfer_batches']}"
    if row.transfer > 1 and row.transfer * row.batch * row.size > central["transfer_bytes"]:
        yield f"{row.transfer} batches exceed central.transfer_bytes {central['transfer_bytes']}"
    kind = "list" if row.size <= front["list_max"] else "array"
    if row.kind != kind:
        yield f"its cache is of kind {row.kind}, by front.list_max it is {kind}"


# ---- all classes together ------------------------------------------------------------------------


def _slot_problems(model: Model) -> Iterator[str]:
    """Checks that each class has slots and chains of its own, that none is unused, and that the
    list classes come first."""
    lists = [row for row in model.classes if row.kind == "list"]
    arrays = [row for row in model.classes if row.kind != "list"]
    if [row.index for row in lists] != list(range(1, model.list_classes + 1)):
        yield f"the first {model.list_classes} classes are not just the list classes"
    yield from _tiling("cache slots", [(r, r.slot0, r.cap) for r in arrays], model.array_slots)
    yield from _tiling(
        "central slots",
        [(r, r.tslot0, r.transfer * r.batch) for r in arrays],
        model.transfer_slots,
    )
    yield from _tiling(
        "central chains", [(r, r.tslot0, r.transfer) for r in lists], model.transfer_chains
    )
    for row in lists:
        if row.slot0:
            yield f"class {row.index} is a list class with cache slots from {row.slot0}"


def _tiling(what: str, parts: list[tuple[ClassRow, int, int]], total: int) -> Iterator[str]:
    """Checks that the parts, each from a start with a length, fill the total without overlap or
    gap."""
    end = 0
    for row, start, length in sorted(parts, key=lambda part: part[1]):
        if start != end:
            fault = "overlap" if start < end else "leave a gap behind"
            yield f"{what} of class {row.index} from {start} on {fault} those that end at {end}"
        end = start + length
    if end != total:
        yield f"{what} end at {end}, there are {total}"


def _heap_problems(model: Model) -> Iterator[str]:
    reserve = model.keys["heap"]["reserve_gib"] << 30
    if 1 << model.page_shift != PAGE:
        yield f"page_shift {model.page_shift} is not that of {PAGE} bytes"
    if 1 << model.reserve_shift != reserve:
        yield f"reserve_shift {model.reserve_shift} is not that of {reserve} bytes"
    if model.lookup == "region":
        region = 1 << model.region_shift
        if (model.nclasses + 1) * region > reserve:  # large blocks have one, too
            yield f"{model.nclasses + 1} regions of {region} bytes exceed {reserve}"
        largest = max(row.slab_pages for row in model.classes) * PAGE
        if largest > region:
            yield f"a slab of {largest} bytes exceeds a region of {region}"
    mask = model.keys["front"]["specialize_mask"]
    wanted = [row.index for row in model.classes if mask & 1 << (row.index - 1)]
    if model.specialized != wanted:
        yield f"specialized classes are {model.specialized}, the mask says {wanted}"
