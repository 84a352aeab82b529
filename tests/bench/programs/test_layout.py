"""BENCH_LAYOUT draws where a program's tables and its first blocks lie, and nothing else.

The binaries are those of the variant `system`, and a probe; run from source, where Bazel left
them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parents[3]
BIN = Path("." if Path("larson_system").exists() else ROOT / "bazel-bin")
PROBE = BIN / "tests/bench/layout_probe"
TABLE = 100 * 8 + 16  # bytes of a table of the probe, with what glibc adds
LINE = 64
# Runs whose operations follow from their arguments, of each program that has tables.
RUNS = {
    "bench_random_mixed": "2000 64 42",
    "bench_mid_large_mt": "4 2000 64 42",
    "bench_vm_mixed": "100 8 42",
    "bench_tiny_hot": "16 10 100",
    "bench_batch": "64 16 100 random",
    "bench_cold": "2000 64 16 512 unread 42",
    "bench_churn": "4 3 100 42",
    "bench_calloc": "100 8 42",
}


def run(binary: Path, args: str = "", layout: str | None = None) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "BENCH_LAYOUT"}
    if layout is not None:
        environment["BENCH_LAYOUT"] = layout
    return subprocess.run([binary, *args.split()], capture_output=True, text=True, timeout=60,
                          check=False, env=environment)


def places(layout: str | None) -> dict[str, int]:
    """Where the program's first block and its tables lie, bytes from the heap's first block."""
    done = run(PROBE, layout=layout)
    assert (done.returncode, done.stderr) == (0, "")
    return {name: int(place) for name, place in map(str.split, done.stdout.splitlines())}


def order(found: dict[str, int]) -> list[str]:
    """The tables as they lie."""
    return sorted((name for name in found if name != "block"), key=found.__getitem__)


def test_without_it_nothing_moves():
    found = places(None)
    assert found == places(None)
    assert found["block"] == 16 + 16  # glibc's blocks follow each other, in steps of 16
    assert order(found) == sorted(order(found))
    steps = {found[f"table{i + 1}"] - found[f"table{i}"] for i in range(7)}
    assert steps == {TABLE}


@pytest.mark.parametrize("layout", ["0", "1", "18446744073709551615"])
def test_the_same_value_draws_the_same(layout):
    assert places(layout) == places(layout) != places(None)


def test_another_value_moves_the_first_block():
    """By up to 40 blocks, of 16 KiB at most."""
    moved = [places(str(layout))["block"] - 32 for layout in range(20)]
    assert len(set(moved)) >= 18
    assert 0 <= min(moved) and 8 << 10 < max(moved) <= (16 << 10) + 40 * 16


def test_another_value_moves_the_tables():
    """Each by 1 to 64 cache lines, and their order is another one."""
    found = [places(str(layout)) for layout in range(20)]
    assert len({tuple(order(one)) for one in found}) == 20
    offsets = set()
    for one in found:
        lie = [one["block"] + 64 + 16 - TABLE, *(one[name] for name in order(one))]
        offsets |= {b - a - TABLE for a, b in zip(lie, lie[1:])}
    assert len(offsets) > 50
    assert LINE <= min(offsets) and max(offsets) <= 64 * LINE
    assert all(offset % LINE == 0 for offset in offsets)


@pytest.mark.parametrize("program", RUNS)
def test_results_stay_right(program):
    """The programs check their blocks themselves."""
    counts = set()
    for layout in (None, "1", "2", "3"):
        done = run(BIN / f"{program}_system", RUNS[program], layout)
        assert (done.returncode, done.stderr) == (0, "")
        counts.add(done.stdout.split(" ops=")[1].split()[0])
    assert len(counts) == 1


def test_larson():
    done = run(BIN / "larson_system", "0.05 8 128 16 2 12345 4", "5")
    assert (done.returncode, done.stderr) == (0, "") and "RESULT" in done.stdout


@pytest.mark.parametrize("value", ["", "x", "-1", "+1", " 1", "1 ", "1.5", "0x10", "1e3",
                                   "18446744073709551616"])
def test_no_number(value):
    done = run(BIN / "bench_tiny_hot_system", "16 10 100", value)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f'bench_tiny_hot: BENCH_LAYOUT: "{value}" is not a whole number in '
                           "0..18446744073709551615\n")


def peak_kib(**variables) -> int:
    done = subprocess.run([BIN / "bench_tiny_hot_system", "16", "10", "100"], env={**os.environ, **variables},
                          capture_output=True, text=True, check=True)
    return int(re.search(r"peak_rss_kib=(\d+)", done.stdout)[1])


def test_ballast_is_memory_that_the_program_has_more():
    # The kernel counts pages in lots of 64.
    assert 3800 < peak_kib(BENCH_BALLAST="4096") - peak_kib() < 4400


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "1073741825"])
def test_wrong_ballast(value):
    done = subprocess.run([BIN / "bench_tiny_hot_system", "16", "10", "100"], env={**os.environ, "BENCH_BALLAST": value},
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2, f'bench_tiny_hot: BENCH_BALLAST: "{value}" is not a whole number in 0..1073741824\n')
