"""Real programs under the real tools: what is counted is what was done, and the same each time.

The binaries are those of the variants below; run from source, where Bazel left them."""

import os
import subprocess
from pathlib import Path

import pytest

from bench.lab.base import paths, valgrind
from bench.lab.count import counter, instructions, kernel_costs, profile_data
from bench.lab.count.counted import UNTIMED
from bench.lab.count.counter import TOOLS
from bench.lab.select import anycommand, rows
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from tests.contract.contract import GOLDEN, parse

BIN = Path("." if Path("bench_tiny_hot_hakmem").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin").absolute()
HARNESS = BIN / "bench" / "harness"
CALLGRIND, STRACE = TOOLS


def variant(name, program, kind="profile"):
    return Variant(name, kind, "shared", {program: BIN / f"{program}_{name}"})


def counts(of, row, ops, tool, folder):
    """The kinds of a row that does `ops` operations."""
    (folder / "raw").mkdir(exist_ok=True)
    amounts = counter.amounts_of(row, ops)
    found = counter.count(of, amounts, [tool], 60, folder / "raw", lambda what: None, lambda: None)
    assert found.failures == []
    return found.kinds


def test_instructions_of_the_fast_path(tmp_path):
    """Two profiles differ by what the contract of malloc(32) and free says; counts repeat."""
    row, golden = rows.tiny_hot(32, 1000), parse(GOLDEN.read_text(encoding="utf-8"))
    found = {name: counts(variant(name, "bench_tiny_hot"), row, 200_000, CALLGRIND, tmp_path)
             for name in ("hakmem", "hakmem-header-classidx-on")}
    both = {}
    for name, profile in (("hakmem", "default"), ("hakmem-header-classidx-on",
                                                  "header-classidx-on")):
        its, calls = found[name], golden[profile]
        assert its["instructions_outside"].exact and its["accesses_outside"].exact
        assert its["atomics"].value == its["acquisitions"].value == its["l2_misses"].value == 0
        both[name] = sum(one.instructions for one in calls.values()) / 2
    (a, b), (at, on) = ([one["instructions_outside"].value for one in found.values()],
                        both.values())
    assert a >= at and b - a == pytest.approx(on - at)


def test_nothing_is_counted_before_the_start(tmp_path):
    """No instruction of the program ran more often than its loop: the stubs that lead to malloc
    and free do not keep what they counted in the warm-up."""
    program, data = BIN / "bench_tiny_hot_hakmem", tmp_path / "data"
    command = valgrind.callgrind(data, [str(program.resolve()), "32", "100", "500"],
                                 *instructions.OPTIONS, *instructions.PART)
    subprocess.run(command, check=True, capture_output=True, timeout=60, env=UNTIMED | os.environ)
    found = profile_data.read(Path(f"{data}.1").read_text(encoding="utf-8"))
    assert max(found.executed[str(program.resolve())].values()) == 100 * 500


def test_system_calls(tmp_path):
    """Each generation starts two threads and makes 400 calls."""
    row = Row("bench_churn", ("2", "8", "100", "1"), 3, "")
    its = counts(variant("system", "bench_churn", "system"), row, 3200, STRACE, tmp_path)
    assert its["call_clone3"].value == 2 / 400 and its["call_clone3"].exact
    assert its["system_calls"].value > 2 / 400


def test_a_command_and_what_it_starts(monkeypatch, tmp_path):
    """A forked process does not count once more what its parent did before."""
    monkeypatch.setattr(paths, "LAUNCHER", HARNESS / "command")
    loop = "i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done"
    alone, forked, inside = (
        counts(variant("system", "none", "system"), anycommand.parse(f"sh -c '{script}'"), 1,
               CALLGRIND, tmp_path)["instructions"].value
        for script in (loop, f"{loop}; (:)", f"({loop}); :"))
    assert alone > 1e6
    assert [forked, inside] == pytest.approx([alone, alone], rel=0.1)


def test_what_the_kernel_takes(monkeypatch):
    monkeypatch.setattr(paths, "KERNEL_COSTS", HARNESS / "kernel_costs")
    costs = kernel_costs.measure(60)
    assert 10 < costs.page < costs.page_alone < 1e6
    assert {"call_mmap", "call_munmap", "call_mremap", "call_madvise", "call_mprotect", "call_brk",
            "call_futex_wake"} == set(costs.calls)
    assert all(10 < ns < 1e6 for ns in costs.calls.values())
