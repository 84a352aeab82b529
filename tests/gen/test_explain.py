"""What explain says, for a person and for a program."""

import json
import re

import pytest

from gen.explain import command as explain
from gen.explain.header_tax import header_tax
from gen.profiles import ROOT, known_profiles
from gen.screen import TEXT

NAMES = known_profiles(ROOT / "profiles")


def told(workspace, text, name="mine"):
    return explain.explain(workspace.model(text, name))


@pytest.mark.parametrize("name", NAMES)
def test_text_is_plain_and_whole(name, capsys, shipped):
    assert explain.main([name, "--profiles-dir", str(ROOT / "profiles")]) == 0
    lines = capsys.readouterr().out.splitlines()
    model = shipped(name)
    assert lines[0] == f"{name}: {model.summary}"
    assert lines[1] == f"from profiles/{name}.yaml, digest {model.digest}"
    for row in model.classes:
        cells = lines[3 + row.index].split()
        assert cells[:5] == [
            str(row.index),
            str(row.size),
            str(row.size - model.header_bytes),
            str(row.nblocks),
            str(row.slab_pages * 64),
        ]
        assert cells[8:10] == [row.kind, str(row.cap)]
    facts = lines[4 + model.nclasses :]
    assert facts[0].startswith(f"class lookup     {model.lookup}: ")
    for line in lines:
        assert "\x1b" not in line and "…" not in line
        assert line == line.rstrip()
    assert max(map(len, lines[1:])) <= TEXT


def test_json_is_the_same(capsys, shipped):
    assert explain.main(["low-rss", "--json", "--profiles-dir", str(ROOT / "profiles")]) == 0
    data = json.loads(capsys.readouterr().out)
    model = shipped("low-rss")
    assert data["profile"] == "low-rss"
    assert data["digest"] == model.digest
    assert [cls["size"] for cls in data["classes"]] == [row.size for row in model.classes]
    assert data["reserved"] == 1 << 40


def test_unknown_profile_lists_the_known(capsys, workspace):
    assert explain.main(["defualt", "--profiles-dir", "profiles"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "profiles/defualt.yaml: no such profile; did you mean default? valid: default\n"
    )


def test_broken_profile_is_refused_as_by_generate(capsys, workspace):
    workspace.write("broken", "summary: s\nfront: {fast_cap: 1}")
    assert explain.main(["broken", "--profiles-dir", "profiles"]) == 2
    assert capsys.readouterr().err == (
        "profiles/broken.yaml: front.fast_cap: 1 is not in 2..1024\n"
    )


@pytest.mark.parametrize("named", ["drafts/mine.yaml", "./drafts/../drafts/mine.yaml"])
def test_a_profile_may_be_named_by_its_file(capsys, workspace, named):
    """A base is looked up beside the file, then in profiles/."""
    workspace.write("far", "summary: f\nfront: {fast_cap: 8}")
    drafts = workspace.root / "drafts"
    drafts.mkdir()
    (drafts / "near.yaml").write_text("summary: n\nbase: far\npurge: {decay_ms: 77}")
    (drafts / "mine.yaml").write_text("summary: Mine\nbase: near")
    assert explain.main([named, "--profiles-dir", "profiles"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("mine: Mine\nfrom drafts/mine.yaml, ")
    assert "after 77 ms" in text and text.splitlines()[5].split()[9] == "8"


def test_a_file_is_looked_up_from_where_the_caller_is(capsys, workspace, monkeypatch):
    (workspace.root / "mine.yaml").write_text("summary: Mine")
    elsewhere = workspace.root / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(workspace.root))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(workspace.root))
    monkeypatch.chdir(elsewhere)
    assert explain.main(["mine.yaml"]) == 0
    assert capsys.readouterr().out.startswith("mine: Mine\n")


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ("defualt.yaml", "defualt.yaml: no such profile; did you mean default? valid: default\n"),
        ("profiles/defualt.yaml",
         "profiles/defualt.yaml: no such profile; did you mean default? valid: default\n"),
        ("default.yml", "default.yml: a profile's file is called NAME.yaml, its name made of a-z, "
         "0-9, - and _\n"),
        ("./default", "default: a profile's file is called NAME.yaml, its name made of a-z, "
         "0-9, - and _\n"),
    ],
)
def test_a_file_that_is_none_is_named(capsys, workspace, named, error):
    assert explain.main([named, "--profiles-dir", "profiles"]) == 2
    assert capsys.readouterr().err == error


def test_without_a_name_it_lists_the_profiles(capsys):
    assert explain.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert "The all-round allocator" in lines[0]
    assert explain.main(["--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == NAMES


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit) as stop:
        explain.main(["--help"])
    assert stop.value.code == 0
    assert "example: bazel run //gen:explain -- tiny-heavy" in capsys.readouterr().out


def test_profiles_are_those_of_the_workspace_under_bazel_run(capsys, workspace, monkeypatch):
    workspace.write("own", "summary: Own")
    elsewhere = workspace.root / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(workspace.root))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(workspace.root))
    monkeypatch.chdir(elsewhere)
    assert explain.main(["own", "--profiles-dir", "profiles"]) == 0
    assert explain.main(["own"]) == 0
    assert capsys.readouterr().out.count("own: Own\n") == 2
    assert explain.main(["other"]) == 2
    assert capsys.readouterr().err == (
        "profiles/other.yaml: no such profile; valid: default, own\n"
    )


# ---- numbers -------------------------------------------------------------------------------------


def test_costs_of_one_class(workspace):
    (_, cls) = told(
        workspace,
        "classes: {sizes: [32, 64]}\n"
        "front: {fast_cap: 8, list_max: 64}\n"
        "central: {transfer_batches: 3}\n"
        "heap: {reserve_gib: 16}",
    ).classes
    assert (cls.smallest, cls.largest, cls.blocks, cls.slab_kib) == (33, 64, 1024, 64)
    assert cls.rounding_worst == pytest.approx(100 * 31 / 64)
    assert cls.rounding_mean == pytest.approx(100 * 15.5 / 64)
    assert cls.tail == 0
    assert (cls.kind, cls.cap, cls.cap_bytes) == ("list", 8, 512)
    assert cls.transfer_bytes == 3 * 4 * 64


def test_header_is_counted_as_waste(workspace):
    cls = told(workspace, "classes: {sizes: [64]}\nfront: {header_classidx: true}").classes[0]
    assert (cls.smallest, cls.largest) == (1, 63)
    assert cls.rounding_worst == pytest.approx(100 * 63 / 64)
    assert cls.tail == pytest.approx(100 * 64 / 65536)


@pytest.mark.parametrize(("per_doubling", "waste"), [(4, 7.7), (8, 4.0)])
def test_rounding_of_the_geometric_choice(workspace, per_doubling, waste):
    text = f"classes: {{per_doubling: {per_doubling}}}"
    assert told(workspace, text).waste == pytest.approx(waste, abs=0.05)


def test_default_says_how_much_rounding_takes(shipped):
    """The number in the comment of classes.per_doubling in default.yaml."""
    assert round(explain.explain(shipped("default")).waste) == 4


def test_header_tax(workspace):
    tax = header_tax(workspace.model("classes: {sizes: [16, 32, 48, 64]}"))
    assert (tax.low, tax.high) == (16, 63)
    assert (tax.moved, tax.multiples) == (3, 3)
    assert tax.growth == pytest.approx(100 * ((32 + 48 + 64) / (16 + 32 + 48) - 1))
    assert tax.examples == {16: (16, 32)}
    both = [told(workspace, f"front: {{header_classidx: {on}}}") for on in ("true", "false")]
    assert both[0].header_tax == both[1].header_tax
    assert both[0].waste == both[0].header_tax.waste_with
    assert both[1].waste == both[1].header_tax.waste_without


def test_lookups_need_what_they_need(workspace):
    by_map = told(workspace, "heap: {reserve_gib: 64}")
    assert (by_map.map_bytes, by_map.region, by_map.reserved) == (1 << 20, 0, 1 << 36)
    region = told(workspace, "front: {class_lookup: region}\nheap: {reserve_gib: 128}")
    assert (region.map_bytes, region.region) == (0, 1 << 30)
    header = told(workspace, "front: {class_lookup: header}")
    assert (header.map_bytes, header.region) == (0, 0)


def test_memory_of_a_thread_and_between_threads(workspace):
    small = told(
        workspace,
        "classes: {sizes: [16, 32, 2048]}\n"
        "front: {fast_cap: 8, list_max: 32}\n"
        "central: {transfer_batches: 2}",
    )
    assert small.thread_struct == 4096, "less than a page, in whole ones"
    assert small.thread_blocks == 8 * (16 + 32 + 2048)
    assert small.central_struct == 8 * 8 + 16 * 4
    assert small.central_blocks == 2 * 4 * (16 + 32 + 2048)


def test_budgets_bound_what_the_classes_allow(workspace):
    tight = told(
        workspace,
        "front: {thread_bytes: 4096, total_bytes: 12288}\ncentral: {parked_bytes: 8192}",
    )
    assert (tight.thread_blocks, tight.total_blocks, tight.central_blocks) == (4096, 12288, 8192)


def test_bigcache_keeps_whole_pages_within_its_budget(workspace):
    for keys, kept, largest in (
        ("bigcache_bytes: 1048576, bigcache_max: 65536", 1 << 20, 65536),
        ("bigcache_bytes: 100000, bigcache_max: 131072", 100000, 65536),
        ("bigcache_bytes: 65535", 65535, 0),
        ("bigcache_l25: false", 0, 0),
    ):
        costs = told(workspace, f"large: {{{keys}}}")
        assert (costs.bigcache, costs.bigcache_largest) == (kept, largest)


def one_line(capsys, name):
    """What explain prints, as one line."""
    assert explain.main([name, "--profiles-dir", "profiles"]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_limits_are_stated_for_a_person(capsys, workspace):
    workspace.write(
        "mine",
        "summary: Mine\n"
        "front: {thread_bytes: 3145728, total_bytes: 50331648}\n"
        "central: {parked_bytes: 5242880}\n"
        "large: {bigcache_bytes: 7340032, bigcache_max: 2097152}\n"
        "purge: {decay_ms: 250, thread: false}",
    )
    text = one_line(capsys, "mine")
    assert "a budget of 3 MiB for the blocks in it" in text
    assert "all threads a budget of 48 MiB" in text
    assert "at most 5 MiB of blocks parked" in text
    assert "at most 7 MiB of addresses kept, in spans of at most 2 MiB" in text
    assert text.endswith("free pages go back to the system after 250 ms, in calls of free()")


def test_other_limits_are_stated_for_a_person(capsys, workspace):
    workspace.write("mine", "summary: Mine\nlarge: {bigcache_l25: false}\npurge: {thread: true}")
    text = one_line(capsys, "mine")
    assert "in heap pages of 64 KiB; none kept" in text
    assert text.endswith("ms, by a background thread once much is in use")


def test_limits_are_stated_for_a_program(capsys, shipped):
    assert explain.main(["default", "--json", "--profiles-dir", str(ROOT / "profiles")]) == 0
    data = json.loads(capsys.readouterr().out)
    keys = shipped("default").keys
    assert data["thread_blocks"] == keys["front"]["thread_bytes"]
    assert data["total_blocks"] == keys["front"]["total_bytes"]
    assert data["central_blocks"] == keys["central"]["parked_bytes"]
    assert data["bigcache"] == keys["large"]["bigcache_bytes"]
    assert data["bigcache_largest"] == keys["large"]["bigcache_max"]
    assert data["decay_ms"] == keys["purge"]["decay_ms"]
    assert data["purge_thread"] == keys["purge"]["thread"]


@pytest.mark.parametrize("sizes", ["[16]", "[32]", "[16, 65536]", "[65536]"])
@pytest.mark.parametrize("lookup", ["map", "header"])
def test_nothing_is_said_of_nothing(capsys, workspace, sizes, lookup):
    """No list without items, no share of none, no limit of 0."""
    workspace.write(
        "mine",
        f"summary: Mine\nclasses: {{sizes: {sizes}}}\nfront: {{class_lookup: {lookup}, "
        "thread_bytes: 0, total_bytes: 0}\ncentral: {parked_bytes: 0}\n"
        "large: {bigcache_bytes: 0}\npurge: {decay_ms: 0}",
    )
    text = one_line(capsys, "mine")
    facts = text[text.index("class lookup"):]
    for empty in (" 0 of the ", " of the 0 ", " 0 bytes", " 0 ms", "without bytes", "15..15"):
        assert empty not in facts, empty
    assert not re.search(r"(together|class) bytes", facts)
    assert not re.search(r"malloc\((\d+)\) takes (\d+) not \2\b", text)
    assert "no budget for the blocks in it" in text and "all threads no budget" in text
    assert "no blocks parked" in text and "none kept" in text
    assert "free pages go back to the system at once" in text


@pytest.mark.parametrize("words", [[], ["default"], ["hardened"]])
def test_a_narrow_terminal(monkeypatch, capsys, words):
    monkeypatch.setenv("COLUMNS", "60")
    assert explain.main([*words, "--profiles-dir", str(ROOT / "profiles")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 12 and max(map(len, lines)) <= 60
    assert not any("\u2026" in line for line in lines), "cells are folded, not cut"
