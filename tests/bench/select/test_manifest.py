"""What the manifest says of layouts, and of variants that only their names choose."""

import json
from pathlib import Path

import pytest

from bench.lab.select import manifest
from bench.lab.select.manifest import Manifest

ENTRY = {"kind": "profile", "profile": "default", "binaries": {"larson": "larson_hakmem"}}


@pytest.fixture
def loaded(tmp_path: Path) -> Manifest:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({
        "programs": ["larson"], "missing": [],
        "program_layouts": {"larson": ["../programs/00", "../programs/01"]},
        "variants": [
            {"name": "hakmem", "layouts": ["layouts/00.so", "layouts/01.so"], **ENTRY},
            {"name": "hakmem+again", "layouts": ["layouts/02.so"], "hidden": True, **ENTRY},
            {"name": "system", "kind": "system", "binaries": {}},
        ]}))
    return manifest.load(path)


def test_layouts(loaded, tmp_path):
    first, again, system = loaded.variants
    assert first.layouts == (tmp_path / "layouts/00.so", tmp_path / "layouts/01.so")
    assert again.layouts == (tmp_path / "layouts/02.so",) and system.layouts == ()
    assert loaded.variants[0].programs == {
        "larson": (tmp_path / "../programs/00", tmp_path / "../programs/01")}


def test_paths_for_the_loader(tmp_path, monkeypatch):
    """Whatever folder the manifest was named from."""
    (tmp_path / "m.json").write_text(json.dumps({
        "programs": [], "missing": [],
        "variants": [{"name": "hakmem", "layouts": ["00.so"], **ENTRY}]}))
    monkeypatch.chdir(tmp_path)
    found = manifest.load(Path("m.json"))
    assert found.variants[0].layouts == (tmp_path / "00.so",) and found.variants[0].programs == {}


def test_a_hidden_variant_is_named_or_left_out(loaded):
    assert [one.name for one in manifest.select(loaded, [])] == ["hakmem", "system"]
    assert [one.name for one in manifest.select(loaded, ["hakmem+again"])] == ["hakmem+again"]
    assert [one.is_default for one in loaded.variants] == [True, False, False]
