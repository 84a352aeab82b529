"""Benchmark programs whose heaps are hundreds of MiB, with contents that they check: what is moved,
unmapped and mapped again."""

from pathlib import Path

import pytest

from tests.compiled import output

LOADS = {
    "bench_realloc": (200, 64 << 20, 42),  # vectors that grow
    "bench_vm_touched": (5000, 256, 424242),
    "bench_calloc": (2000, 64, 42),
}


@pytest.mark.parametrize("program", list(LOADS))
def test_runs_to_its_end(program, library):
    said = output([Path(f"{program}_system").absolute(), *LOADS[program]], library)
    assert said.startswith(f"RESULT bench={program} ")
