"""The variants that a sweep's target builds differ from their base in the named keys alone."""

import json
import re
import subprocess
from pathlib import Path

import pytest

BENCH = Path(__file__).absolute().parents[3] / "bench"
SWEEP = BENCH / "random_mixed_ab_variants"
MANIFEST = BENCH / "random_mixed_ab_manifest.json"
CONSTANT = re.compile(r"^#define (HAK_\w+) (.+)$", re.MULTILINE)
CLASS = re.compile(r"^    \{ *\d+u,(.*)\}, /\* *\d+ \w+ \*/$", re.MULTILINE)
CAP = 6  # the column of hak_classes


@pytest.fixture(scope="module")
def manifest() -> dict:
    return json.loads(MANIFEST.read_text(encoding="utf-8"))


def constants(variant: str) -> dict[str, str]:
    """What the compiler is told, less the profile's name and digest."""
    text = (SWEEP / "generated" / variant / "hak_config.h").read_text(encoding="utf-8")
    return {name: value for name, value in CONSTANT.findall(text) if "PROFILE" not in name}


def classes(variant: str) -> list[list[int]]:
    """A line for each size class, less its reciprocal."""
    text = (SWEEP / "generated" / variant / "hak_classes.c").read_text(encoding="utf-8")
    return [[int(word) for word in line.split(",")] for line in CLASS.findall(text)]


def test_all_combinations(manifest):
    points = manifest["sweep"]["points"]
    assert manifest["sweep"]["base"] == "hakmem" and points["hakmem"] == {}
    assert {(point.get("front.specialize_mask"), point.get("front.fast_cap"))
            for point in points.values()} == {(None, None)} | {
        (mask, cap) for mask in ("0", "0x0F") for cap in ("8", "16", "32")}
    assert set(points) | {"system"} == {entry["name"] for entry in manifest["variants"]}


def test_the_keys_reach_the_compiler():
    eight, sixteen = (f"hakmem+specialize_mask=0+fast_cap={n}" for n in (8, 16))
    assert max(row[CAP] for row in classes(eight)) == 8
    assert max(row[CAP] for row in classes(sixteen)) == 16
    sizes = [[row[0] for row in classes(variant)] for variant in (eight, sixteen)]
    assert sizes[0] == sizes[1] and len(sizes[0]) > 20
    differ = {name for name, value in constants(eight).items() if constants(sixteen)[name] != value}
    assert differ <= {"HAK_CACHE_SLOTS", "HAK_CENTRAL_SLOTS"}, differ


def test_paths_of_their_own():
    plain, special = ((SWEEP / "generated" / f"hakmem+specialize_mask={mask}+fast_cap=8" /
                       "hak_fastpath.h").read_text(encoding="utf-8") for mask in ("0", "0x0F"))
    assert len(special) > len(plain) + 500


def test_the_programs_are_linked_with_their_variant(manifest):
    """A process says which profile serves it."""
    for entry in manifest["variants"]:
        if entry["name"] == "system":
            continue
        program = BENCH / entry["binaries"]["bench_random_mixed"]
        done = subprocess.run([str(program), "1000", "10", "1"], capture_output=True, text=True,
                              check=True, env={"HAKMEM_STATS": "exit"})
        stats = json.loads(done.stderr)
        assert stats["profile"] == entry["profile"]


def test_the_layouts_lie_where_the_manifest_says(manifest):
    """Those of each variant are its own; those of the programs are shared with all other commands."""
    for entry in manifest["variants"]:
        files = [BENCH / file for file in entry.get("layouts", [])]
        assert all(file.exists() for file in files)
        assert bool(files) == (entry["name"] != "system")
    assert set(manifest["program_layouts"]) == {"bench_random_mixed", "bench_sanity"}
    for files in manifest["program_layouts"].values():
        assert files and all((BENCH / file).exists() for file in files)
