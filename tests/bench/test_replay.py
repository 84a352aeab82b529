"""Plans of a replay, and the program that runs them."""

import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from bench.lab import plan, shrink
from bench.lab.plan import Call

ROOT = Path(__file__).absolute().parents[2]
PROGRAM = ROOT / "bench" / "replay_program"
LIBRARIES = [None, ROOT / "libhakmem.so", ROOT / "libhakmem-header-classidx-on.so"]


def run(path: Path, library: Path | None = None) -> subprocess.CompletedProcess:
    environment = {**os.environ, "LD_PRELOAD": str(library)} if library else dict(os.environ)
    return subprocess.run([str(PROGRAM), str(path)], capture_output=True, text=True, check=False,
                          timeout=60, env=environment)


def calls_at_random(threads: int, count: int, seed: int) -> list[Call]:
    """Blocks of all kinds, made, resized and freed by whichever thread."""
    rng = random.Random(seed)
    live: list[int] = []
    calls = []
    for number in range(count):
        thread = rng.randrange(threads)
        choice = rng.random()
        if live and choice < 0.4:
            calls.append(Call(thread, "free", live.pop(rng.randrange(len(live)))))
        elif live and choice < 0.5:
            calls.append(Call(thread, "realloc", rng.choice(live), rng.choice((0, 9, 300, 70_000))))
        else:
            kind = rng.choice(("malloc", "malloc", "calloc", "aligned"))
            calls.append(Call(thread, kind, number, rng.choice((0, 1, 24, 4096, 100_000)),
                              rng.choice((32, 4096)) if kind == "aligned" else 1))
            live.append(number)
    return calls


def peak_of(calls: list[Call]) -> int:
    sizes: dict[int, int] = {}
    peak = 0
    for call in calls:
        sizes[call.block] = call.size
        peak = max(peak, sum(sizes.values()))
    return peak


@pytest.mark.parametrize("library", LIBRARIES, ids=["system", "default", "header"])
@pytest.mark.parametrize("threads", [1, 4])
def test_all_kinds_of_calls(tmp_path, threads, library):
    calls = calls_at_random(threads, 3000, seed=threads)
    made = plan.make(calls)
    assert made.calls == len(calls)
    assert made.peak == peak_of(calls)
    made.write(tmp_path / "plan")
    done = run(tmp_path / "plan", library)
    assert (done.returncode, done.stderr) == (0, "")
    peak, = map(int, re.findall(r"^live_peak=(\d+)$", done.stdout, re.MULTILINE))
    if threads == 1:
        assert peak == made.peak
    else:  # within a lap the order may be another one
        assert peak == pytest.approx(made.peak, rel=0.1)
    assert f" ops={made.calls} " in done.stdout


def test_a_thread_waits_for_the_block_of_another(tmp_path):
    """Thread 1 frees what thread 0 makes, one by one; each needs the slot again."""
    calls = [call for i in range(20_000)
             for call in (Call(0, "malloc", i, 64), Call(1, "free", i))]
    made = plan.make(calls)
    assert len(made.threads) == 2
    made.write(tmp_path / "plan")
    assert run(tmp_path / "plan").returncode == 0


def test_threads_overlap_as_they_did(tmp_path):
    """Both are there all the time, but only one at a time has blocks; both at once would have twice
    the peak."""
    calls = [Call(thread, "malloc", 5000 + thread, 8) for thread in range(2)]
    for thread in range(2):
        calls += [Call(thread, "malloc", i, 1000) for i in range(5000)]
        calls += [Call(thread, "free", i) for i in range(5000)]
    made = plan.make(calls)
    made.write(tmp_path / "plan")
    done = run(tmp_path / "plan")
    peak, = map(int, re.findall(r"^live_peak=(\d+)$", done.stdout, re.MULTILINE))
    assert peak == pytest.approx(made.peak, rel=0.05)


def test_slots_are_used_again():
    calls = [call for i in range(100) for call in (Call(0, "malloc", i, 64), Call(0, "free", i))]
    assert plan.make(calls).slots == 1


@pytest.mark.parametrize("calls, says", [
    ([Call(0, "free", 1)], "call 0: free of block 1, which there is not"),
    ([Call(0, "malloc", 1, 8), Call(0, "malloc", 1, 8)],
     "call 1: malloc gives block 1, which there is already"),
    ([Call(0, "malloc", 1, 1 << 48)], "call 0: malloc of 281474976710656 bytes"),
])
def test_calls_that_cannot_be(calls, says):
    with pytest.raises(plan.PlanError) as raised:
        plan.make(calls)
    assert str(raised.value) == says


BROKEN = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
static void *again;
void *malloc(size_t size)
{
    static void *(*real)(size_t);
    if (!real)
        real = dlsym(RTLD_NEXT, "malloc");
    if (%(overlap)d && size == 777)
        return again ? again : (again = real(size));
    if (%(crooked)d && size == 777)
        return (char *)real(size + 8) + 8;
    return real(size);
}
void *calloc(size_t n, size_t size)
{
    char *p = malloc(n * size);
    memset(p, 0, n * size);
    if (%(dirty)d && n * size == 123)
        p[122] = 1;
    return p;
}
void *realloc(void *p, size_t size)
{
    void *(*real)(void *, size_t) = dlsym(RTLD_NEXT, "realloc");
    char *q = real(p, size);
    if (%(forgets)d && size == 777)
        memset(q + 1, 0x55, size - 1);
    if (%(loses)d && size == 777)
        memset(q, 0x55, 8);
    return %(crooked)d && size == 778 ? memmove(q + 4, q, 770) : q;
}
void *memalign(size_t align, size_t size)
{
    void *(*real)(size_t, size_t) = dlsym(RTLD_NEXT, "memalign");
    return (char *)real(align, size + 16) + %(astray)d;
}
"""
FAULTS = {
    "overlap": ([Call(0, "malloc", 1, 777), Call(0, "malloc", 2, 777), Call(0, "free", 1)],
                "thread 0, step 2: free of slot 0, 0 bytes: contents changed"),
    "loses": ([Call(0, "malloc", 1, 10), Call(0, "realloc", 1, 777)],
              "thread 0, step 1: realloc of slot 0, 777 bytes: contents changed"),
    "forgets": ([Call(0, "malloc", 1, 100), Call(0, "realloc", 1, 777)],
                "thread 0, step 1: realloc of slot 0, 777 bytes: contents changed"),
    "dirty": ([Call(0, "calloc", 1, 123)],
              "thread 0, step 0: calloc of slot 0, 123 bytes: not zero"),
    "crooked": ([Call(0, "malloc", 1, 777)],
                "thread 0, step 0: malloc of slot 0, 777 bytes: not aligned"),
    "astray": ([Call(0, "aligned", 1, 10, 64)],
               "thread 0, step 0: aligned_alloc of slot 0, 10 bytes: not aligned"),
}


def broken(folder: Path, fault: str) -> Path:
    source, library = folder / "broken.c", folder / "broken.so"
    source.write_text(BROKEN % {name: name == fault for name in FAULTS})
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-fno-builtin", "-o", library, source, "-ldl"],
                   check=True)
    return library


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_allocator_is_found(tmp_path, fault):
    """By the replay, and by the program that a trace is cut down to."""
    calls, says = FAULTS[fault]
    library = broken(tmp_path, fault)
    plan.make(calls).write(tmp_path / "plan")
    done = run(tmp_path / "plan", library)
    assert (done.returncode, done.stderr) == (1, f"replay: {says}\n")
    program = tmp_path / "fails"
    subprocess.run(["gcc", "-fno-builtin", "-pthread", "-x", "c", "-", "-o", program],
                   input=shrink.as_c(calls, "broken", "fails.c"), text=True, check=True)
    assert subprocess.run([program], check=False, timeout=60).returncode == 0
    done = subprocess.run([program], check=False, timeout=60, capture_output=True, text=True,
                          env={"LD_PRELOAD": str(library)})
    assert done.returncode == -6 and done.stderr.startswith("call ")


def test_realloc_owes_the_alignment_of_malloc(tmp_path):
    plan.make([Call(0, "malloc", 1, 10), Call(0, "realloc", 1, 778)]).write(tmp_path / "plan")
    done = run(tmp_path / "plan", broken(tmp_path, "crooked"))
    assert (done.returncode, done.stderr) == (
        1, "replay: thread 0, step 1: realloc of slot 0, 778 bytes: not aligned\n")


@pytest.mark.parametrize("content, says", [
    (b"", "no plan of a replay: too short"), (b"x" * 100, "no plan of a replay, or one of another"),
    (None, "No such file or directory"),
])
def test_what_is_no_plan(tmp_path, content, says):
    path = tmp_path / "plan"
    if content is not None:
        path.write_bytes(content)
    done = run(path)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1


def test_a_plan_that_was_cut_off(tmp_path):
    path = tmp_path / "plan"
    plan.make(calls_at_random(2, 100, 1)).write(path)
    path.write_bytes(path.read_bytes()[:-8])
    done = run(path)
    assert (done.returncode, done.stderr) == (2, f"replay: {path}: the plan is not whole\n")
