"""bazel run //bench:list: what there is, as tables of 80 columns and as JSON."""

import io
import json

import pytest
from rich.console import Console

from bench import list as listing
from bench.lab.base.paths import PROFILES
from bench.lab.select import inventory, rows
from bench.lab.select.programs import PROGRAMS
from gen.profiles import load_profile, schema_keys


@pytest.fixture
def lab(bench):
    bench.variant("hakmem", "", profile="default")
    bench.variant("hakmem-tiny-heavy", "", profile="tiny-heavy")
    bench.variant("hakmem-made-up", "", profile="made-up")
    bench.variant("system+static", "", kind="system", link="static")
    bench.variant("null", "", kind="reference")
    bench.missing("mi", "libmimalloc-dev")
    return bench


@pytest.fixture
def run(lab, capsys):
    def main(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = listing.main(["--manifest", str(lab.manifest()), *words])
        return status, *capsys.readouterr()
    return main


def test_json_has_all_rows(run):
    status, out, err = run("--json", "programs")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert list(found) == ["programs"]
    listed = {(one["name"], row["parameters"], kind) for one in found["programs"]
              for row in one["rows"] for kind in row["sets"]}
    assert listed == {(row.program, row.params, kind) for kind, its in (
        ("quick", rows.QUICK), ("by name", rows.QUICK_BY_NAME), ("full", rows.FULL))
        for row in its}
    assert {one["name"] for one in found["programs"]} == set(PROGRAMS)
    assert all(one["load"] for one in found["programs"])


def test_variants(run):
    found = {one["name"]: one for one in json.loads(run("--json", "variants")[1])["variants"]}
    assert list(found) == ["hakmem", "hakmem-tiny-heavy", "hakmem-made-up", "system+static",
                           "null", "mi"]
    profile = PROFILES / "tiny-heavy.yaml"
    assert found["hakmem-tiny-heavy"] == {
        "name": "hakmem-tiny-heavy", "kind": "profile", "link": "shared", "profile": "tiny-heavy",
        "summary": load_profile(profile, PROFILES).summary, "missing_package": None}
    assert found["hakmem-made-up"]["summary"] is None
    assert found["mi"]["missing_package"] == "libmimalloc-dev"
    assert "mi peer not installed: apt install libmimalloc-dev" in " ".join(
        run("variants")[1].split())


def test_a_hidden_variant_is_listed(lab, run):
    """It can be named, so it is there; whoever names it should know what it is."""
    lab.variant("hakmem+again", "", profile="default", hidden=True)
    found = {one["name"]: one for one in json.loads(run("--json", "variants")[1])["variants"]}
    assert found["hakmem+again"]["summary"].startswith("hakmem in other layouts, measured only if")


def test_axes(run):
    """Each key but lists and those of the debug build, as default.yaml and schema.json have it."""
    found = {one["key"]: one for one in json.loads(run("--json", "axes")[1])["axes"]}
    assert set(found) == {
        f"{section}.{key}" for section, keys in schema_keys().items() for key in keys
    } - {"classes.sizes", *(f"debug.{key}" for key in schema_keys()["debug"])}
    cap = schema_keys()["front"]["fast_cap"]
    assert (found["front.fast_cap"]["minimum"], found["front.fast_cap"]["maximum"]) == (
        cap["minimum"], cap["maximum"])
    assert found["front.class_lookup"]["values"] == ["header", "map", "region"]
    assert found["large.bigcache_l25"]["values"] == [False, True]
    assert found["front.header_classidx"]["values"] == [False, True, None]
    assert found["front.header_classidx"]["default"] is None
    keys = load_profile(PROFILES / "default.yaml", PROFILES).keys
    for name, axis in found.items():
        section, key = name.split(".")
        if name != "front.header_classidx":  # it follows from class_lookup once that is read
            assert axis["default"] == keys[section][key]
        assert axis["values"] or axis["minimum"] < axis["maximum"], name


@pytest.mark.parametrize("axis, says", [
    ({"values": [1, 2], "minimum": None, "maximum": None, "multiple_of": None}, "1, 2"),
    ({"values": [False, True, None], "minimum": None, "maximum": None, "multiple_of": None},
     "false, true, null"),
    ({"values": ["map"], "minimum": None, "maximum": None, "multiple_of": None}, "map"),
    ({"values": None, "minimum": 2, "maximum": 9, "multiple_of": None}, "2..9"),
    ({"values": None, "minimum": 0, "maximum": 64, "multiple_of": 16}, "0..64, a multiple of 16"),
])
def test_ranges(axis, says):
    assert listing.range_of(axis) == says


def test_eighty_columns(lab, monkeypatch):
    """Nothing is cut: each name, number and range is there."""
    text = io.StringIO()
    monkeypatch.setattr(listing.screen, "make_console",
                        lambda: Console(file=text, width=80, highlight=False))
    assert listing.main(["--manifest", str(lab.manifest())]) == 0
    shown = text.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    lines = [line.split() for line in shown.splitlines()]
    for axis in inventory.axes(PROFILES):
        (at,) = [i for i, line in enumerate(lines) if line[:1] == [axis["key"]]]
        words = lines[at][2:] + sum(lines[at + 1:at + 4], [])  # a long list goes on
        assert " ".join(words).startswith(listing.range_of(axis))
    for row in rows.QUICK + rows.QUICK_BY_NAME + rows.FULL:
        assert any(line[:len(row.args)] == list(row.args) for line in lines), row


def test_parts(run):
    _, out, _ = run("axes", "variants")
    assert "front.fast_cap" in out and "system+static" in out and "bench_tiny_hot" not in out
    assert out.index("system+static") < out.index("front.fast_cap")


def test_wrong_use(run, lab):
    assert run("profiles") == (2, "", "list: there is no profiles; there are programs, variants, "
                               "axes\n")
    status, out, err = run("--manifest", str(lab.root / "gone"), "variants")
    assert (status, out) == (2, "") and "not a readable manifest" in err
