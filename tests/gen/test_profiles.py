"""What is made of profiles that are right: the shipped ones and small ones of the tests."""

import jsonschema
import pytest
import yaml

from gen.check import prove
from gen.classes import build_model, class_sizes
from gen.profiles import ROOT, known_profiles, load_profile, schema, schema_keys
from tests.shipped import shipped

PROFILES = ROOT / "profiles"
NAMES = known_profiles(PROFILES)


def stated(name):
    return yaml.safe_load((PROFILES / f"{name}.yaml").read_text())


def test_shipped_profiles():
    assert NAMES[0] == "default"
    assert set(NAMES) >= {
        "tiny-heavy",
        "mid-large",
        "header-classidx-on",
        "header-classidx-off",
        "lookup-region",
        "low-rss",
    }


@pytest.mark.parametrize("name", NAMES)
def test_model_of_shipped_profile_is_proved(name, shipped):
    model = shipped(name)
    prove(model)
    assert model.profile == name
    assert model.source == f"profiles/{name}.yaml"
    assert model.classes[-1].size == model.small_max + model.header_bytes
    assert model.keys["classes"]["max"] == model.classes[-1].size
    assert model.keys["front"]["header_classidx"] == (model.lookup == "header")


def test_schema_is_a_schema_without_defaults():
    jsonschema.Draft7Validator.check_schema(schema())
    nodes = [schema()]
    while nodes:
        node = nodes.pop()
        assert "default" not in node, "profiles/default.yaml is the home of the defaults"
        if node is not schema():
            assert node["description"].endswith(".")
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
        nodes += node.get("properties", {}).values()
        nodes += [node["items"]] if "items" in node else []


def test_schema_and_default_have_the_same_keys_in_the_same_order():
    default = stated("default")
    assert list(default) == ["summary"] + list(schema_keys())
    for section, keys in schema_keys().items():
        assert list(default[section]) == list(keys)


def test_default_gives_a_reason_for_every_key():
    lines = (PROFILES / "default.yaml").read_text().splitlines()
    for section, keys in schema_keys().items():
        for key in keys:
            (line,) = [line for line in lines if line.startswith(f"  {key}:")]
            assert len(line.split(" # ", 1)[-1].split()) > 3, line


@pytest.mark.parametrize("name", NAMES[1:])
def test_other_profiles_state_only_what_differs(name, shipped):
    default = shipped("default").keys
    for section in schema_keys():
        for key, value in stated(name).get(section, {}).items():
            if key != "header_classidx":
                assert value != default[section][key], f"{section}.{key}"


@pytest.mark.parametrize("name", shipped())
def test_profiles_tell_editors_their_schema(name):
    lines = (PROFILES / f"{name}.yaml").read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"


def test_header_pair_differs_in_one_switch(shipped):
    on, off = stated("header-classidx-on"), stated("header-classidx-off")
    assert on.pop("summary") != off.pop("summary")
    assert on == {"front": {"header_classidx": True}}
    assert off == {"front": {"header_classidx": False}}
    assert shipped("header-classidx-off").digest == shipped("default").digest
    assert shipped("header-classidx-on").digest != shipped("default").digest


# ---- merging -------------------------------------------------------------------------------------


def test_nearest_base_wins(workspace):
    workspace.write("far", "summary: f\nfront: {fast_cap: 8, list_max: 64}\npurge: {decay_ms: 1}")
    workspace.write("near", "summary: n\nbase: far\nfront: {fast_cap: 16}")
    model = workspace.model("base: near\npurge: {thread: false}")
    assert model.summary == "Mine"
    assert model.keys["front"]["fast_cap"] == 16
    assert model.keys["front"]["list_max"] == 64
    assert model.keys["purge"] == {"decay_ms": 1, "thread": False}
    assert model.keys["large"]["bigcache_l25"] is True


@pytest.mark.parametrize(
    ("base", "text", "lookup"),
    [
        ("", "", "map"),
        ("", "front: {header_classidx: true}", "header"),
        ("", "front: {header_classidx: false}", "map"),
        ("", "front: {class_lookup: region}", "region"),
        ("", "front: {class_lookup: header, header_classidx: true}", "header"),
        ("", "front: {class_lookup: region, header_classidx: null}", "region"),
        ("front: {class_lookup: region}", "", "region"),
        ("front: {class_lookup: region}", "front: {header_classidx: true}", "header"),
        ("front: {class_lookup: region}", "front: {header_classidx: null}", "region"),
        ("front: {header_classidx: true}", "front: {class_lookup: region}", "region"),
        ("front: {header_classidx: true}", "front: {header_classidx: null}", "map"),
        ("front: {header_classidx: true}", "front: {fast_cap: 8}", "header"),
    ],
)
def test_nearest_name_of_the_lookup_wins(workspace, base, text, lookup):
    workspace.write("far", f"summary: f\n{base}")
    model = workspace.model(f"base: far\n{text}")
    assert model.lookup == lookup
    assert model.keys["front"]["class_lookup"] == lookup
    assert model.header_bytes == int(lookup == "header")


def test_both_names_of_the_lookup_give_one_digest(workspace):
    by_alias = workspace.model("front: {header_classidx: true}")
    assert workspace.model("front: {class_lookup: header}").digest == by_alias.digest


def test_digest_depends_on_keys_alone(workspace, shipped):
    default = shipped("default").digest
    assert len(default) == 12 and int(default, 16) >= 0
    assert workspace.model("").digest == default
    assert workspace.model("front: {fast_cap: 1024}", name="other").digest == default
    assert workspace.model("front: {fast_cap: 254}").digest != default
    assert workspace.model("debug: {poison: false}").digest != default


# ---- choice --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per_doubling", "largest", "sizes"),
    [
        (1, 1024, [16, 32, 64, 128, 256, 512, 1024]),
        (2, 1024, [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]),
        (4, 1024, [16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256]
            + [320, 384, 448, 512, 640, 768, 896, 1024]),
    ],
)  # fmt: skip
def test_geometric_sizes(per_doubling, largest, sizes):
    keys = {"classes": {"per_doubling": per_doubling, "max": largest, "sizes": None}}
    assert class_sizes(keys) == sizes


def test_explicit_sizes_replace_the_geometric_choice(workspace):
    model = workspace.model("classes: {max: 1024, sizes: [32, 48, 4096]}")
    prove(model)
    assert [row.size for row in model.classes] == [32, 48, 4096]
    assert model.keys["classes"]["max"] == 4096
    assert model.table[:5] == [1, 1, 1, 2, 3]
    assert len(model.table) == 4096 // 16 + 1


def test_one_class_is_enough(workspace):
    for lookup in ("header", "map", "region"):
        model = workspace.model(f"classes: {{sizes: [16]}}\nfront: {{class_lookup: {lookup}}}")
        prove(model)
        assert model.table == [1, 1]


def test_extremes_of_every_key_are_proved(workspace):
    """The least and the greatest of each range at once, as far as they go together."""
    least = (
        "classes: {per_doubling: 1, max: 1024}\n"
        "slab: {min_blocks: 1, tail_percent: 0, max_pages: 1}\n"
        "front: {fast_cap: 2, cache_bytes: 4096, list_max: 0}\n"
        "central: {transfer_batches: 1, transfer_bytes: 4096}\n"
        "heap: {reserve_gib: 16}"
    )
    greatest = (
        "classes: {per_doubling: 8, max: 65536}\n"
        "slab: {min_blocks: 63, tail_percent: 25, max_pages: 64}\n"
        "front: {fast_cap: 1024, cache_bytes: 16777216, list_max: 65536, specialize_mask: 255}\n"
        "central: {transfer_batches: 256, transfer_bytes: 1073741824}\n"
        "heap: {reserve_gib: 16384}"
    )
    for text in (least, greatest):
        for lookup in ("header", "map", "region"):
            profile = text.replace("front: {", f"front: {{class_lookup: {lookup}, ")
            if lookup == "region":
                profile = profile.replace("reserve_gib: 16}", "reserve_gib: 128}")
            prove(workspace.model(profile))


def test_caps_are_even_and_within_bytes(workspace):
    rows = workspace.model("front: {fast_cap: 256, cache_bytes: 65536}").classes
    assert [(row.cap, row.batch) for row in rows if row.size == 256] == [(256, 128)]
    assert [(row.cap, row.batch) for row in rows if row.size == 416] == [(156, 78)]
    assert [(row.cap, row.batch) for row in rows if row.size == 32768] == [(2, 1)]


def test_slabs_grow_until_the_tail_is_small(workspace):
    loose = workspace.model("classes: {sizes: [5120]}\nslab: {tail_percent: 25}").classes[0]
    tight = workspace.model("classes: {sizes: [5120]}\nslab: {tail_percent: 0}").classes[0]
    assert (loose.slab_pages, loose.nblocks, loose.tail) == (1, 12, 4096)
    assert (tight.slab_pages, tight.nblocks, tight.tail) == (5, 64, 0)
    assert (loose.colours, loose.align) == (64, 64)
    assert (tight.colours, tight.align) == (1, 1024)


def test_least_tail_is_taken_where_none_is_small_enough(workspace):
    row = workspace.model(
        "classes: {sizes: [5120]}\nslab: {tail_percent: 0, max_pages: 2}"
    ).classes[0]
    assert (row.slab_pages, row.nblocks, row.tail) == (2, 25, 3072)


def test_header_moves_block_0(workspace):
    row = workspace.model("classes: {sizes: [64]}\nfront: {header_classidx: true}").classes[0]
    assert (row.first, row.nblocks, row.align, row.tail) == (16, 1023, 16, 48)


def test_specialize_mask_names_classes(workspace):
    assert workspace.model("front: {specialize_mask: 0x0F}").specialized == [1, 2, 3, 4]
    assert workspace.model("front: {specialize_mask: 0x82}").specialized == [2, 8]
    few = workspace.model("classes: {sizes: [16, 32]}\nfront: {specialize_mask: 0xFF}")
    assert few.specialized == [1, 2]


def test_slots_are_counted_over_array_classes_and_chains_over_lists(workspace):
    model = workspace.model(
        "classes: {sizes: [16, 32, 2048, 4096]}\n"
        "front: {list_max: 32, fast_cap: 16, cache_bytes: 16384}\n"
        "central: {transfer_batches: 3}"
    )
    assert [row.kind for row in model.classes] == ["list", "list", "array", "array"]
    assert [row.slot0 for row in model.classes] == [0, 0, 0, 8]
    assert [row.tslot0 for row in model.classes] == [0, 3, 0, 12]
    assert (model.list_classes, model.array_slots) == (2, 12)
    assert (model.transfer_slots, model.transfer_chains) == (18, 6)


def test_profile_may_lie_outside_the_profiles_folder(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("summary: Mine\nbase: tiny-heavy\n")
    model = build_model(load_profile(path, PROFILES))
    assert model.keys["front"]["list_max"] == 32768
    assert model.keys["central"]["transfer_batches"] == 64


# ---- what the comments in the shipped profiles promise -------------------------------------------


def row_of(model, size):
    (row,) = [row for row in model.classes if row.size == size]
    return row


def test_tiny_heavy_keeps_its_promises(shipped):
    tiny = shipped("tiny-heavy")
    assert {row.kind for row in tiny.classes} == {"list"}


def test_specialize_0f_keeps_its_promises(shipped):
    model = shipped("specialize-0f")
    assert [model.classes[cls - 1].size for cls in model.specialized] == [16, 32, 48, 64]
    assert model.classes == shipped("default").classes


def test_mid_large_keeps_its_promises(shipped):
    model = shipped("mid-large")
    assert row_of(model, 32768).cap == 32
    assert model.nclasses < shipped("default").nclasses
    assert model.classes[-1].size == 65536
    assert model.classes[-1].transfer == 8


def test_lookup_region_keeps_its_promise(shipped):
    assert 1 << shipped("lookup-region").region_shift == 32 << 30


def test_low_rss_keeps_its_promise(shipped):
    low, default = shipped("low-rss"), shipped("default")
    assert [row.size for row in low.classes if row.size <= 512] == [
        row.size for row in default.classes if row.size <= 512
    ]
    above = [[row.size for row in model.classes if row.size > 512] for model in (low, default)]
    assert len(above[0]) * 2 == len(above[1])
    assert {row.kind for row in low.classes} == {"list"}
