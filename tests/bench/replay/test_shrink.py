"""Cutting a trace that fails down to the calls that it takes."""

import random
import subprocess

import pytest

from bench.lab.replay import c_program, plan, shrink
from bench.lab.replay.c_program import Call
from tests.bench.replay import traces


def noise(count: int, threads: int = 1) -> list[Call]:
    rng = random.Random(5)
    calls = []
    for i in range(count):
        calls.append(Call(rng.randrange(threads), "malloc", i, rng.randrange(1, 500)))
        if i % 3 == 0:
            calls.append(Call(rng.randrange(threads), "realloc", i, 600))
        if i % 2:
            calls.append(Call(rng.randrange(threads), "free", i))
    return calls


def bytes_of(calls: list[Call], size: int) -> int:
    return sum(call.size == size for call in calls)


@pytest.fixture
def shrunk(tmp_path):
    """Cuts calls down; `fails` tells whether some of them do."""
    def run(calls, fails) -> list[Call]:
        path = traces.write(tmp_path / "all.trace", calls, shards=2)

        def tried(trace) -> bool:
            plan.make(trace, tmp_path / "plan")  # each try is a trace that makes sense
            return bool(fails(c_program.calls_of(trace)))

        shrinking = shrink.Shrinking(path, tmp_path, tried)
        shrinking.run()
        left = c_program.calls_of(shrinking.path)
        changes = sum(call.kind in ("realloc", "free") for call in left)
        assert shrinking.left == plan.Cut(len(left), len(left) - changes, changes)
        return left

    return run


def test_what_is_left_is_what_it_takes(shrunk):
    calls = noise(300)
    calls[200:200] = [Call(0, "malloc", 1000, 777), Call(0, "malloc", 1001, 778),
                      Call(0, "free", 1000)]
    tries = []

    def fails(some):
        tries.append(len(some))
        return bytes_of(some, 777) and bytes_of(some, 778)

    left = shrunk(calls, fails)
    assert [(call.kind, call.size) for call in left] == [("malloc", 777), ("malloc", 778)]
    assert len(tries) < 120


def test_a_realloc_that_it_takes_stays(shrunk):
    def fails(some):
        return any(call.kind == "realloc" and call.size == 601 for call in some)

    calls = [call if call.block != 30 or call.kind != "realloc" else Call(0, "realloc", 30, 601)
             for call in noise(100)]
    (made, moved) = shrunk(calls, fails)
    assert (made.kind, moved.kind, moved.size) == ("malloc", "realloc", 601)
    assert made.block == moved.block


def test_a_block_that_is_resized_twice(shrunk):
    """Without the realloc in between, the block that was there before it."""
    calls = [Call(0, "malloc", 1, 10), Call(0, "realloc", 1, 20), Call(0, "realloc", 1, 30),
             Call(0, "free", 1)]
    left = shrunk(calls, lambda some: bytes_of(some, 30) and some[-1].kind == "free")
    assert [(call.kind, call.size) for call in left] == [("malloc", 10), ("realloc", 30),
                                                         ("free", 0)]
    assert len({call.block for call in left}) == 1


def test_threads_stay_only_where_it_takes_them(shrunk):
    calls = noise(60, threads=3)

    def needs_two(some):
        return len({call.thread for call in some}) >= 2

    assert len({call.thread for call in shrunk(calls, needs_two)}) == 2
    assert len({call.thread for call in shrunk(calls, lambda some: len(some) > 3)}) == 1


def test_nothing_that_fails(tmp_path):
    path = traces.write(tmp_path / "all.trace", noise(10))
    shrinking = shrink.Shrinking(path, tmp_path, lambda trace: False)
    shrinking.run()
    assert shrinking.left is None and shrinking.path == path


def test_too_many_calls_for_a_program(tmp_path, monkeypatch):
    """What is left is written as a trace, which can be cut further or replayed."""
    path = traces.write(tmp_path / "all.trace", noise(10))
    monkeypatch.setattr(c_program, "MOST_CALLS", 5)
    written = c_program.write(path, plan.Cut(19, 10, 9), "hakmem", tmp_path / "fails.c")
    assert written == tmp_path / "fails.c.trace" and written.read_bytes() == path.read_bytes()
    assert not (tmp_path / "fails.c").exists()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_program_runs_and_finds(tmp_path, threads):
    """Under a sound allocator it ends well; a library that loses contents is caught."""
    calls = noise(20, threads) + [Call(0, "aligned", 99, 100, 256), Call(0, "calloc", 98, 5000)]
    source = tmp_path / "fails.c"
    source.write_text(c_program.as_c(calls, "hakmem", "fails.c"))
    flags = ["-Wall", "-Wextra", "-Werror", "-fno-builtin", "-pthread"]
    subprocess.run(["gcc", *flags, source, "-o", tmp_path / "fails"], check=True)
    assert subprocess.run([tmp_path / "fails"], check=False, timeout=60).returncode == 0
    broken = tmp_path / "broken.c"
    broken.write_text("""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
void *realloc(void *p, size_t size)
{
    void *(*real)(void *, size_t) = dlsym(RTLD_NEXT, "realloc");
    return size == 600 ? memset(real(p, size), 0xff, size) : real(p, size);
}
""")
    subprocess.run(["gcc", "-shared", "-fPIC", broken, "-o", tmp_path / "broken.so"], check=True)
    done = subprocess.run([tmp_path / "fails"], check=False, timeout=60, capture_output=True,
                          text=True, env={"LD_PRELOAD": str(tmp_path / "broken.so")})
    assert done.returncode == -6 and "has changed" in done.stderr
