"""Broken tables: the proof refuses each, with one exact message for the property violated."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gen.check
from gen.check import PAGE, TableError, prove
from gen.profiles import ROOT, known_profiles

# A small allocator with both cache kinds, colours, slabs of one page and of several.
SMALL = """
classes: {sizes: [16, 48, 64, 3072, 20480]}
slab: {min_blocks: 8, tail_percent: 3}
front: {fast_cap: 16, cache_bytes: 65536, list_max: 64}
central: {transfer_batches: 4, transfer_bytes: 65536}
"""


@pytest.fixture
def small(workspace):
    return workspace.model(SMALL, name="small")


def refused(model):
    with pytest.raises(TableError) as error:
        prove(model)
    return [line.removeprefix("profiles/small.yaml: ") for line in str(error.value).splitlines()]


def with_row(model, number, **changes):
    rows = [replace(row, **changes) if row.index == number else row for row in model.classes]
    return replace(model, classes=rows)


def with_entry(model, step, cls):
    return replace(model, table=model.table[:step] + [cls] + model.table[step + 1 :])


def test_the_model_itself_is_right(small):
    prove(small)
    assert [(row.size, row.nblocks, row.colours, row.slab_pages) for row in small.classes] == [
        (16, 4096, 1, 1),
        (48, 1365, 1, 1),
        (64, 1024, 1, 1),
        (3072, 21, 17, 1),
        (20480, 16, 1, 5),
    ]


def test_check_imports_nothing_of_the_choice():
    tree = ast.parse(Path(gen.check.__file__).read_text())
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert {node.module for node in froms} == {"typing", "gen.limits", "gen.model"}


# ---- one row -------------------------------------------------------------------------------------

ROWS = {
    "class does not rise": (
        (2, {"size": 16}),
        [
            "class 2: 16 bytes do not rise above 16",
            "the classes are not those of classes.sizes",
        ],
    ),
    "class is no multiple of 16": (
        (2, {"size": 40}),
        [
            "class 2: 40 bytes are no multiple of 16",
            "the classes are not those of classes.sizes",
        ],
    ),
    "class beside those asked for": (
        (2, {"size": 32}),
        ["the classes are not those of classes.sizes"],
    ),
    "class has another's index": ((3, {"index": 4}), ["class 3: its index is 4"]),
    "largest class larger than small_max says": (
        (5, {"size": 20496}),
        [
            "small_max is 20480, the largest class serves 20496",
            "the classes are not those of classes.sizes",
        ],
    ),
    "no blocks": (
        (5, {"nblocks": 0, "tail": 327680}),
        [
            "class 5 (20480 bytes): 0 blocks in 5 pages are not in 1..512",
            "class 5 (20480 bytes): one more block fits the slab: 327680 bytes are left over",
            "class 5 (20480 bytes): 0 blocks in a slab are fewer than slab.min_blocks 8",
        ],
    ),
    "fewer blocks than asked for": (
        (5, {"slab_pages": 1, "nblocks": 3, "tail": 4096}),
        ["class 5 (20480 bytes): 3 blocks in a slab are fewer than slab.min_blocks 8"],
    ),
    "slab larger than asked for": (
        (5, {"slab_pages": 20, "nblocks": 64, "tail": 0}),
        ["class 5 (20480 bytes): a slab of 20 pages exceeds slab.max_pages 16"],
    ),
    "more blocks than the slab holds": (
        (3, {"nblocks": 1025, "tail": -64}),
        ["class 3 (64 bytes): its blocks end at 65600, the slab at 65536"],
    ),
    "fewer blocks than the slab holds": (
        (3, {"nblocks": 1023, "tail": 64}),
        ["class 3 (64 bytes): one more block fits the slab: 64 bytes are left over"],
    ),
    "more blocks than bits": (
        (1, {"slab_pages": 2, "nblocks": 8192}),
        ["class 1 (16 bytes): 8192 blocks in 2 pages are not in 1..512"],
    ),
    "wrong tail": (
        (4, {"tail": 1000}),
        ["class 4 (3072 bytes): tail is 1000, 1024 bytes are left over"],
    ),
    "block 0 misaligned": (
        (4, {"first": 8, "tail": 1016}),
        [
            "class 4 (3072 bytes): block 0 at 8 is not 16-aligned behind its header",
            "class 4 (3072 bytes): the blocks of its last colour end at 65544, the slab at 65536",
            "class 4 (3072 bytes): block 0 at 8 is not aligned to 64",
        ],
    ),
    "too many colours for the tail": (
        (4, {"colours": 18}),
        ["class 4 (3072 bytes): the blocks of its last colour end at 65600, the slab at 65536"],
    ),
    "no colour": ((4, {"colours": 0}), ["class 4 (3072 bytes): 0 colours are not in 1..64"]),
    "reciprocal too small": (
        (2, {"recip": 22906492245}),
        [
            "class 2 (48 bytes): by the reciprocal 22906492245 offset 48 is in block 0, not 1",
        ],
    ),
    "reciprocal too large": (
        (2, {"recip": 22906492246 + 400000}),
        [
            "class 2 (48 bytes): by the reciprocal 22906892246 "
            "offset 57311 is in block 1194, not 1193",
        ],
    ),
    "reciprocal overflows": (
        (1, {"recip": 1 << 49}),
        [
            "class 1 (16 bytes): offset 65535 times the reciprocal 562949953421312 "
            "exceeds 64 bits",
            "class 1 (16 bytes): by the reciprocal 562949953421312 "
            "offset 15 is in block 7680, not 0",
        ],
    ),
    "alignment that the size lacks": (
        (2, {"align": 32}),
        ["class 2 (48 bytes): block 1 at 48 is not aligned to 32"],
    ),
    "alignment that colours break": (
        (4, {"align": 1024}),
        ["class 4 (3072 bytes): colour 1 at 64 is not aligned to 1024"],
    ),
    "alignment beyond a heap page": (
        (5, {"align": 131072}),
        [
            "class 5 (20480 bytes): a slab at 65536 is not aligned to 131072",
            "class 5 (20480 bytes): block 1 at 20480 is not aligned to 131072",
        ],
    ),
    "alignment that is no power of two": (
        (2, {"align": 48}),
        ["class 2 (48 bytes): alignment 48 is no power of two from 16 up"],
    ),
    "alignment below 16": (
        (2, {"align": 8}),
        ["class 2 (48 bytes): alignment 8 is no power of two from 16 up"],
    ),
    "batch is not half the cap": (
        (1, {"batch": 7}),
        ["class 1 (16 bytes): cap 16 is not two batches of 7, or those not of 1..512"],
    ),
    "cap above FAST_CAP": (
        (1, {"cap": 18, "batch": 9}),
        ["class 1 (16 bytes): cap 18 exceeds front.fast_cap 16"],
    ),
    "cap above the bytes": (
        (5, {"cap": 4, "batch": 2}),
        [
            "class 5 (20480 bytes): 4 blocks exceed front.cache_bytes 65536",
            "class 5 (20480 bytes): 3 batches exceed central.transfer_bytes 65536",
            "cache slots end at 20, there are 18",
            "central slots end at 22, there are 19",
        ],
    ),
    "too many batches": (
        (1, {"transfer": 5}),
        [
            "class 1 (16 bytes): 5 batches are not in 1..4",
            "central chains of class 2 from 4 on overlap those that end at 5",
        ],
    ),
    "batches above the bytes": (
        (4, {"transfer": 3}),
        [
            "class 4 (3072 bytes): 3 batches exceed central.transfer_bytes 65536",
            "central slots of class 5 from 16 on overlap those that end at 24",
        ],
    ),
    "wrong kind": (
        (3, {"kind": "array"}),
        [
            "class 3 (64 bytes): its cache is of kind array, by front.list_max it is list",
            "the first 3 classes are not just the list classes",
            "cache slots of class 4 from 0 on overlap those that end at 16",
            "central slots of class 3 from 8 on overlap those that end at 16",
            "central slots of class 5 from 16 on overlap those that end at 40",
            "central chains end at 8, there are 12",
        ],
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_broken_row(case, small):
    (number, changes), messages = ROWS[case]
    assert refused(with_row(small, number, **changes)) == messages


# ---- slots ---------------------------------------------------------------------------------------

SLOTS = {
    "cache slots overlap": (
        (5, {"slot0": 15}),
        [
            "cache slots of class 5 from 15 on overlap those that end at 16",
            "cache slots end at 17, there are 18",
        ],
    ),
    "cache slots leave a gap": (
        (5, {"slot0": 17}),
        [
            "cache slots of class 5 from 17 on leave a gap behind those that end at 16",
            "cache slots end at 19, there are 18",
        ],
    ),
    "central slots overlap": (
        (5, {"tslot0": 0}),
        [
            "central slots of class 5 from 0 on overlap those that end at 16",
            "central slots end at 3, there are 19",
        ],
    ),
    "central chains overlap": (
        (3, {"tslot0": 7}),
        [
            "central chains of class 3 from 7 on overlap those that end at 8",
            "central chains end at 11, there are 12",
        ],
    ),
    "list class with cache slots": (
        (2, {"slot0": 3}),
        ["class 2 is a list class with cache slots from 3"],
    ),
}


@pytest.mark.parametrize("case", SLOTS)
def test_broken_slots(case, small):
    (number, changes), messages = SLOTS[case]
    assert refused(with_row(small, number, **changes)) == messages


@pytest.mark.parametrize(
    ("total", "message"),
    [
        ("array_slots", "cache slots end at 18, there are 99"),
        ("transfer_slots", "central slots end at 19, there are 99"),
        ("transfer_chains", "central chains end at 12, there are 99"),
        ("list_classes", "the first 99 classes are not just the list classes"),
    ],
)
def test_broken_totals(total, message, small):
    assert refused(replace(small, **{total: 99})) == [message]


# ---- the table from size to class ----------------------------------------------------------------

ENTRIES = {
    "class too small": ((4, 2), "table[4]: 49 bytes do not fit class 2 of 48"),
    "class too large": ((4, 4), "table[4]: 49 bytes fit class 3, not only class 4"),
    "class too large for the first step": (
        (1, 2),
        "table[1]: 1 bytes fit class 1, not only class 2",
    ),
    "class too large for no bytes": ((0, 2), "table[0]: 0 bytes fit class 1, not only class 2"),
    "no class": ((4, 0), "table[4]: 0 is no class"),
    "class beyond the last": ((1280, 6), "table[1280]: 6 is no class"),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_broken_entry(case, small):
    (step, cls), message = ENTRIES[case]
    assert refused(with_entry(small, step, cls)) == [message]


def test_table_of_the_wrong_length(small):
    short = replace(small, table=small.table[:-1])
    assert refused(short) == ["the table has 1280 entries instead of 1281"]
    long = replace(small, table=small.table + [5])
    assert refused(long) == ["the table has 1282 entries instead of 1281"]


def test_slabs_made_without_the_header_byte(small):
    wrong = replace(small, lookup="header", header_bytes=1, small_max=20479)
    assert refused(wrong)[0] == (
        "class 1 (16 bytes): block 0 at 0 is not 16-aligned behind its header"
    )


# ---- the whole -----------------------------------------------------------------------------------

WHOLE = {
    "header byte without the lookup": (
        {"header_bytes": 1},
        [
            "header_bytes is 1 with the map lookup",
            "small_max is 20480, the largest class serves 20479",
        ],
    ),
    "lookup without the header byte": (
        {"lookup": "header"},
        ["header_bytes is 0 with the header lookup"],
    ),
    "small_max too large": (
        {"small_max": 20481},
        ["small_max is 20481, the largest class serves 20480"],
    ),
    "no classes": (
        {"classes": [], "nclasses": 0},
        ["0 classes, nclasses is 0, valid is 1..126"],
    ),
    "wrong number of classes": (
        {"nclasses": 4},
        ["5 classes, nclasses is 4, valid is 1..126"],
    ),
    "page of 4 KiB": ({"page_shift": 12}, ["page_shift 12 is not that of 65536 bytes"]),
    "reserve that is not the profile's": (
        {"reserve_shift": 39},
        ["reserve_shift 39 is not that of 1099511627776 bytes"],
    ),
    "regions beyond the reserve": (
        {"lookup": "region", "region_shift": 38},
        ["6 regions of 274877906944 bytes exceed 1099511627776"],
    ),
    "region smaller than a slab": (
        {"lookup": "region", "region_shift": 18},
        ["a slab of 327680 bytes exceeds a region of 262144"],
    ),
    "specialized beside the mask": (
        {"specialized": [1]},
        ["specialized classes are [1], the mask says []"],
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_broken_whole(case, small):
    changes, messages = WHOLE[case]
    assert refused(replace(small, **changes)) == messages


def test_a_block_that_reaches_the_header_of_the_next_is_refused(workspace):
    model = workspace.model(SMALL.replace("front: {", "front: {header_classidx: true, "), "small")
    prove(model)
    assert refused(with_entry(model, 4, 2)) == ["table[4]: 48 bytes do not fit class 2 of 47"]
    rows = [replace(row, first=0, tail=row.tail + 16, align=16) for row in model.classes]
    wrong = refused(replace(model, classes=rows))
    assert "class 2 (48 bytes): block 0 at 0 is not 16-aligned behind its header" in wrong


def test_127_classes_are_too_many(small):
    rows = [replace(small.classes[0], index=i, size=16 * i) for i in range(1, 128)]
    wrong = replace(small, classes=rows, nclasses=127, small_max=16 * 127)
    assert refused(wrong) == ["127 classes, nclasses is 127, valid is 1..126"]


# ---- every offset --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", known_profiles(ROOT / "profiles"))
def test_reciprocals_at_every_offset(name, shipped):
    """The proof looks at the ends of each block and concludes the rest; here is the rest."""
    model = shipped(name)
    for row in model.classes:
        offsets = np.arange(row.slab_pages * PAGE, dtype=np.uint64)
        found = offsets * np.uint64(row.recip) >> np.uint64(model.recip_shift)
        assert (found == offsets // np.uint64(row.size)).all(), row.size
