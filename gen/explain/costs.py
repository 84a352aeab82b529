"""The classes of a profile and the memory that they cost: Model -> Explanation."""

from dataclasses import dataclass

from gen.explain.aligned import AlignedCost, aligned_costs, most_of
from gen.explain.doubts import doubts
from gen.explain.header_tax import HeaderTax, header_tax
from gen.layout import cache_bytes, central_bytes
from gen.limits import PAGE
from gen.model import ClassRow, Model


@dataclass(frozen=True)
class ClassCosts:
    """One class.  Percentages are of the block or of the slab; sizes are bytes."""

    index: int
    size: int
    smallest: int  # request that it serves
    largest: int
    blocks: int  # in a slab
    slab_kib: int
    rounding_mean: float  # percent of a block not asked for, over all requests that it serves
    rounding_worst: float  # the same for the smallest request
    tail: float  # percent of a slab in no block
    kind: str
    cap: int  # blocks
    cap_bytes: int
    transfer_bytes: int


@dataclass(frozen=True)
class Explanation:
    """All that explain tells of one profile.  Sizes are bytes."""

    profile: str
    summary: str
    source: str
    digest: str
    lookup: str
    small_max: int
    classes: list[ClassCosts]
    waste: float  # percent of the blocks, over the range of header_tax, with the lookup used
    header_tax: HeaderTax
    aligned: list[AlignedCost]  # the worst for each of the usual alignments
    aligned_most: int  # the ratio that none of them should exceed
    reserved: int  # addresses that the heap may grow over
    region: int  # address space of each class; 0 without the region lookup
    map_bytes: int  # address space of the page map; 0 without the map lookup
    thread_struct: int  # mapped for a thread's cache, resident where used
    thread_blocks: int  # budget of the blocks in it, beyond the least that each class may hold
    total_blocks: int  # the same for all threads together
    central_struct: int  # of the arrays with which central finds parked blocks
    central_blocks: int  # most bytes parked
    bigcache: int  # most bytes of addresses kept
    bigcache_largest: int  # longest span kept
    decay_ms: int  # age at which free pages go back to the system
    purge_thread: bool  # whether a background thread does that
    doubts: list[str]  # a line for each request that takes many times its bytes


def explain(model: Model) -> Explanation:
    """The explanation of a model."""
    keys, rows = model.keys, model.classes
    below = [0] + [row.size for row in rows]
    tax = header_tax(model)
    large = keys["large"]
    bigcache = large["bigcache_bytes"] if large["bigcache_l25"] else 0
    return Explanation(
        profile=model.profile,
        summary=model.summary,
        source=model.source,
        digest=model.digest,
        lookup=model.lookup,
        small_max=model.small_max,
        classes=[_class_costs(row, below[row.index - 1], model.header_bytes) for row in rows],
        waste=tax.waste_with if model.header_bytes else tax.waste_without,
        header_tax=tax,
        aligned=list(aligned_costs(model)),
        aligned_most=most_of(model),
        reserved=1 << model.reserve_shift,
        region=1 << model.region_shift if model.lookup == "region" else 0,
        map_bytes=(1 << model.reserve_shift) // PAGE if model.lookup == "map" else 0,
        thread_struct=cache_bytes(model),
        thread_blocks=min(keys["front"]["thread_bytes"], sum(row.cap * row.size for row in rows)),
        total_blocks=keys["front"]["total_bytes"],
        central_struct=central_bytes(model),
        central_blocks=min(
            keys["central"]["parked_bytes"],
            sum(row.transfer * row.batch * row.size for row in rows),
        ),
        bigcache=bigcache,
        bigcache_largest=min(large["bigcache_max"], bigcache) // PAGE * PAGE,
        decay_ms=keys["purge"]["decay_ms"],
        purge_thread=keys["purge"]["thread"],
        doubts=list(doubts(model)),
    )


def _class_costs(row: ClassRow, below: int, header_bytes: int) -> ClassCosts:
    smallest, largest = max(below - header_bytes + 1, 1), row.size - header_bytes
    slab = row.slab_pages * PAGE
    return ClassCosts(
        index=row.index,
        size=row.size,
        smallest=smallest,
        largest=largest,
        blocks=row.nblocks,
        slab_kib=slab // 1024,
        rounding_mean=100 * (1 - (smallest + largest) / 2 / row.size),
        rounding_worst=100 * (1 - smallest / row.size),
        tail=100 * (1 - row.nblocks * row.size / slab),
        kind=row.kind,
        cap=row.cap,
        cap_bytes=row.cap * row.size,
        transfer_bytes=row.transfer * row.batch * row.size,
    )
