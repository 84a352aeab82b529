"""The reference allocators do least: fewer instructions than any allocator, counted by callgrind.

The binaries are those of the variants below; run from source, where Bazel left them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from bench.lab.select import rows
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

BIN = Path("." if Path("larson_system").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin")
ALLOCATORS = ("hakmem", "hakmem-tiny-heavy", "system")
# One-threaded programs whose operations follow from their arguments: a short run of each.
RUNS = {
    "bench_random_mixed": "8000 400 42",
    "bench_tiny_hot": "32 100 40",
    "bench_batch": "256 512 8 random",
    "bench_cold": "4000 2000 16 512 unread 42",
    "bench_vm_mixed": "2000 64 42",
    "bench_vm_touched": "500 64 42",
}
ONE_THREAD = [row for row in (*rows.QUICK, *rows.QUICK_BY_NAME, *rows.FULL) if row.threads == 1]


def counted(binary: Path, args: str) -> tuple[int, int]:
    """Instructions of a run, and its operations."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, *args.split()],
        capture_output=True, text=True, check=True, env={**os.environ, "BENCH_LATENCY": "off"})
    return (int(re.search(r"Collected : (\d+)", done.stderr)[1]),
            int(re.search(r" ops=(\d+)", done.stdout)[1]))


def an_operation(program: str, variant: str) -> float:
    """Instructions of one operation, the program's own included and its start left out."""
    binary = BIN / f"{program}_{variant}"
    args = RUNS[program].split()
    place = PROGRAMS[program].amount
    twice = [*args[:place], str(2 * int(args[place])), *args[place + 1:]]
    few, many = (counted(binary, " ".join(its)) for its in (args, twice))
    return (many[0] - few[0]) / (many[1] - few[1])


@pytest.mark.parametrize("program", RUNS)
def test_nothing_takes_fewer_instructions(program):
    null, floor = (an_operation(program, name) for name in ("null", "floor"))
    assert null < floor
    for name in ALLOCATORS:
        assert floor < an_operation(program, name), name


def test_no_one_threaded_program_is_left_out():
    programs = {row.program for row in ONE_THREAD if row.references}
    assert programs - set(RUNS) == {"larson"}  # which runs for a time


@pytest.mark.parametrize("name", ["null", "floor"])
@pytest.mark.parametrize("row", rows.FULL, ids=lambda row: row.title)
def test_references_serve_one_thread(name, row: Row):
    one = Variant(name, "reference", "shared", {row.program: Path(name)})
    says = one.why_not(row)
    if row.threads > 1 and row.references:
        assert says == "the references serve one thread only"
    assert (says is None) == (row.threads == 1 and row.references)
