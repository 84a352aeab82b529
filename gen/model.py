"""The types of a profile and of the tables that it becomes.  The templates see only a Model.

All sizes and offsets are bytes unless a name says otherwise.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

Keys = dict[str, dict[str, Any]]  # section -> key -> value, as in profiles/default.yaml


@dataclass(frozen=True)
class Profile:
    """A profile after merging with its base: every key has a value.

    `class_lookup` and `header_classidx` agree; with explicit `classes.sizes`, `classes.max` is
    the last of them.
    """

    name: str
    summary: str
    source: str  # the file, as "profiles/NAME.yaml"
    path: Path  # the file, as it was named by the caller
    keys: Keys


@dataclass(frozen=True)
class ClassRow:
    """One size class.  A slab of it is

    | first | block 0 | block 1 | ... | block nblocks-1 | tail |

    and every block 0 may lie 64 * i further on, for each i < colours.
    """

    index: int  # 1.. by rising size
    size: int  # from one block to the next: usable bytes and header
    slab_pages: int  # heap pages of 64 KiB
    nblocks: int
    first: int  # offset of block 0 in its slab
    colours: int
    align: int  # every block's address is a multiple of this
    cap: int  # most blocks in one thread's cache, even
    batch: int  # most blocks that move between a cache and central at a time: cap / 2
    kind: str  # how a cache keeps the blocks: "list" or "array"
    transfer: int  # most batches parked in central
    recip: int  # offset * recip >> recip_shift == offset // size for each offset in a slab
    slot0: int  # array: first pointer in a cache's slots; list: 0
    tslot0: int  # array: first pointer in central's slots; list: first chain in central
    tail: int  # bytes left over at the end of a slab of colour 0


@dataclass(frozen=True)
class Model:
    """One allocator: all that the templates need."""

    profile: str
    summary: str
    source: str  # the profile, as "profiles/NAME.yaml"
    template: str  # the template being rendered, as "templates/NAME.j2"
    debug: bool  # the debug build
    keys: Keys  # merged and resolved
    digest: str  # 12 hexadecimal digits, of the keys
    lookup: str  # "header", "map" or "region"
    header_bytes: int  # bytes before each block: 1 with the header lookup, else 0
    classes: list[ClassRow]
    nclasses: int
    small_max: int  # largest request that a class serves
    table: list[int]  # class of a request of n bytes: table[(n + header_bytes + 15) >> 4]
    list_classes: int  # classes 1 to this are cached as lists, the others as arrays
    array_slots: int  # pointers in a cache, over all array classes
    transfer_slots: int  # pointers in central, over all array classes
    transfer_chains: int  # chains in central, over all list classes
    recip_shift: int
    page_shift: int  # log2 of a heap page
    reserve_shift: int  # log2 of the bytes of addresses for the heap
    region_shift: int  # log2 of each class's part of it, with the region lookup
    specialized: list[int]  # classes with a straight-line path of their own
