"""Chooses everything that a profile leaves open: Profile -> Model.

check.py proves the result by other means, so nothing here has to be trusted.
"""

import hashlib
import json
from typing import Any, Iterable, Iterator

from gen.limits import (
    COLOUR_STEP, INLINE_BLOCKS, MAX_CLASSES, MAX_COLOURS, PAGE, PAGE_SHIFT, QUANTUM,
)
from gen.model import ClassRow, Keys, Model, Profile
from gen.profiles import ProfileError
from gen.schema import schema_keys

RECIP_SHIFT = 40
REGIONS_SHIFT = 7  # log2 of the parts into which the region lookup divides the heap
LEAST_REGION_GIB = 1  # for the blocks of one class


def build_model(profile: Profile, debug: bool = False) -> Model:
    """Returns the model with all its tables.  Raises ProfileError if the keys do not fit
    together."""
    keys = profile.keys
    lookup = keys["front"]["class_lookup"]
    header_bytes = 1 if lookup == "header" else 0
    sizes = class_sizes(keys)
    if len(sizes) > MAX_CLASSES:
        raise ProfileError(
            f"{profile.path}: classes.per_doubling: {keys['classes']['per_doubling']} up to "
            f"classes.max {keys['classes']['max']} makes {len(sizes)} classes, "
            f"at most {MAX_CLASSES} fit"
        )
    problems = [*_guard_problems(profile), *_region_problems(profile, len(sizes))]
    if problems:
        raise ProfileError(*problems)
    rows = _class_rows(profile, sizes, header_bytes)
    arrays = [row for row in rows if row.kind == "array"]
    lists = [row for row in rows if row.kind == "list"]
    mask = keys["front"]["specialize_mask"]
    reserve_shift = (keys["heap"]["reserve_gib"] << 30).bit_length() - 1
    return Model(
        profile=profile.name,
        summary=profile.summary,
        source=profile.source,
        template="",
        debug=debug,
        keys=keys,
        digest=digest(keys),
        lookup=lookup,
        header_bytes=header_bytes,
        classes=rows,
        nclasses=len(rows),
        small_max=sizes[-1] - header_bytes,
        table=size_table(sizes),
        list_classes=len(lists),
        array_slots=sum(row.cap for row in arrays),
        transfer_slots=sum(row.transfer * row.batch for row in arrays),
        transfer_chains=sum(row.transfer for row in lists),
        recip_shift=RECIP_SHIFT,
        page_shift=PAGE_SHIFT,
        reserve_shift=reserve_shift,
        region_shift=reserve_shift - REGIONS_SHIFT,
        specialized=[row.index for row in rows if mask >> (row.index - 1) & 1],
    )


def _guard_problems(profile: Profile) -> Iterator[str]:
    """Yields a line for each key that the guard's checks cannot work with: they need the page map,
    and free blocks that hold no links."""
    guard, front = profile.keys["guard"], profile.keys["front"]
    if guard["checks"] and front["class_lookup"] != "map":
        yield f"{profile.path}: guard.checks: needs front.class_lookup map"
    for key in ("checks", "random"):
        if guard[key] and front["list_max"] > 0:
            yield f"{profile.path}: guard.{key}: needs front.list_max 0"
    if guard["quarantine_bytes"] > 0 and not guard["checks"]:
        yield f"{profile.path}: guard.quarantine_bytes: needs guard.checks"


def _region_problems(profile: Profile, nclasses: int) -> Iterator[str]:
    """Yields a line if the region lookup has too few addresses.  Blocks of a class lie in the range
    of that class only, and large blocks in the ranges that the classes leave."""
    if profile.keys["front"]["class_lookup"] != "region":
        return
    choices = schema_keys()["heap"]["reserve_gib"]["enum"]
    left = (1 << REGIONS_SHIFT) - nclasses
    least = max(LEAST_REGION_GIB << REGIONS_SHIFT, (min(choices) << REGIONS_SHIFT) // left)
    if profile.keys["heap"]["reserve_gib"] < least:
        enough = next(choice for choice in choices if choice >= least)
        yield (
            f"{profile.path}: heap.reserve_gib: {profile.keys['heap']['reserve_gib']} is too little "
            f"with front.class_lookup region and {nclasses} classes "
            f"(classes.{_chosen_by(profile)}), each of which gets a part in {1 << REGIONS_SHIFT}, "
            f"and large blocks the rest; valid from {enough} on"
        )


def _chosen_by(profile: Profile) -> str:
    """The key of the section `classes` that decides which classes there are."""
    return "sizes" if profile.keys["classes"]["sizes"] is not None else "per_doubling"


def digest(keys: Keys) -> str:
    """12 hexadecimal digits that differ when any key differs; the summary is not a key."""
    canonical = json.dumps(keys, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def class_sizes(keys: Keys) -> list[int]:
    """The class sizes, rising.  Without explicit ones: the multiples of 16 up to 16 *
    `per_doubling`, then `per_doubling` equal steps in each doubling."""
    if keys["classes"]["sizes"] is not None:
        return list(keys["classes"]["sizes"])
    per_doubling, largest = keys["classes"]["per_doubling"], keys["classes"]["max"]
    sizes = list(range(QUANTUM, QUANTUM * per_doubling + 1, QUANTUM))
    while sizes[-1] < largest:
        base = sizes[-1]
        sizes += [base + base // per_doubling * i for i in range(1, per_doubling + 1)]
    return sizes


def size_table(sizes: list[int]) -> list[int]:
    """Entry n is the class of a block of n steps of 16 bytes, up to the largest size; entry 0 is
    1."""
    table = [1]
    for index, size in enumerate(sizes, start=1):
        table += [index] * (size // QUANTUM + 1 - len(table))
    return table


def reciprocal(size: int) -> int:
    """ceil(2^40 / size).  offset * reciprocal >> 40 is offset // size for each offset in a slab.

    The method is that of T. Granlund and P. Montgomery, "Division by Invariant Integers using
    Multiplication" (PLDI 1994): with e = recip * size - 2^40 < size, the product is too large by
    offset * e / (2^40 * size), which moves no quotient while offset * e < 2^40.  An offset is less
    than 2^22 and a size at most 2^16.
    """
    return -(-(1 << RECIP_SHIFT) // size)


# ---- one class -----------------------------------------------------------------------------------


def _class_rows(profile: Profile, sizes: Iterable[int], header_bytes: int) -> list[ClassRow]:
    front, central = profile.keys["front"], profile.keys["central"]
    first = QUANTUM if header_bytes else 0
    rows: list[ClassRow] = []
    next_slot = next_pointer = next_chain = 0
    for index, size in enumerate(sizes, start=1):
        pages = _slab_pages(profile, size, first)
        nblocks = _blocks(pages, size, first)
        tail = pages * PAGE - first - nblocks * size
        colours = colours_of(tail)
        cap = cap_of(front, size)
        batch = cap // 2
        most_batches = central["transfer_bytes"] // (batch * size)
        transfer = _clamp(most_batches, 1, central["transfer_batches"])
        is_list = size <= front["list_max"]
        rows.append(
            ClassRow(
                index=index,
                size=size,
                slab_pages=pages,
                nblocks=nblocks,
                first=first,
                colours=colours,
                align=alignment_of(size, first, colours),
                cap=cap,
                batch=batch,
                kind="list" if is_list else "array",
                transfer=transfer,
                recip=reciprocal(size),
                slot0=0 if is_list else next_slot,
                tslot0=next_chain if is_list else next_pointer,
                tail=tail,
            )
        )
        if is_list:
            next_chain += transfer
        else:
            next_slot += cap
            next_pointer += transfer * batch
    return rows


def slab_pages(slab: dict[str, Any], size: int, first: int) -> int | None:
    """Heap pages of a slab whose blocks have `size` bytes and begin at the offset `first`.  `slab`
    is that section of the profile.  Among the lengths with enough blocks it is the shortest whose
    tail keeps the bound, else the one with the smallest share of tail.  None if no length has
    enough."""
    possible = [
        pages
        for pages in range(1, slab["max_pages"] + 1)
        if _blocks(pages, size, first) >= slab["min_blocks"]
        and (pages == 1 or _blocks(pages, size, first) <= INLINE_BLOCKS)
    ]

    def tail_share(pages: int) -> float:
        return (pages * PAGE - first) % size / (pages * PAGE)

    for pages in possible:
        if tail_share(pages) * 100 <= slab["tail_percent"]:
            return pages
    return min(possible, key=tail_share, default=None)


def _slab_pages(profile: Profile, size: int, first: int) -> int:
    """As slab_pages, but raises ProfileError where no slab has enough blocks."""
    slab = profile.keys["slab"]
    pages = slab_pages(slab, size, first)
    if pages is None:
        chosen = "max" if profile.keys["classes"]["sizes"] is None else "sizes"
        behind = " behind a header (front.class_lookup)" if first else ""
        raise ProfileError(
            f"{profile.path}: slab.max_pages: {slab['max_pages']} heap pages hold "
            f"{_blocks(slab['max_pages'], size, first)} blocks of {size} bytes{behind}, a class by "
            f"classes.{chosen}; slab.min_blocks is {slab['min_blocks']}"
        )
    return pages


def _blocks(pages: int, size: int, first: int) -> int:
    return (pages * PAGE - first) // size


def cap_of(front: dict[str, Any], size: int) -> int:
    """Most blocks of `size` bytes in a thread's cache, an even number.  `front` is that section of
    the profile."""
    return _clamp(front["cache_bytes"] // size, 2, front["fast_cap"]) & ~1


def colours_of(tail: int) -> int:
    """Number of places that block 0 may have in a slab with `tail` bytes left over."""
    return min(1 + tail // COLOUR_STEP, MAX_COLOURS)


def alignment_of(size: int, first: int, colours: int) -> int:
    """The largest power of two that divides the address of every block of a class."""
    if first:
        return QUANTUM
    power = size & -size
    return min(power, COLOUR_STEP) if colours > 1 else power


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
