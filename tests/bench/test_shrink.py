"""Cutting a trace that fails down to the calls that it takes."""

import random
import subprocess

import pytest

from bench.lab import plan, shrink
from bench.lab.plan import Call


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


def test_what_is_left_is_what_it_takes():
    calls = noise(300)
    calls[200:200] = [Call(0, "malloc", 1000, 777), Call(0, "malloc", 1001, 778),
                      Call(0, "free", 1000)]
    tries = []

    def fails(some):
        plan.make(some)  # each try is a trace that makes sense
        tries.append(len(some))
        return bytes_of(some, 777) and bytes_of(some, 778)

    left = shrink.shrink(calls, fails)
    assert [(call.kind, call.size) for call in left] == [("malloc", 777), ("malloc", 778)]
    assert len(tries) < 120


def test_a_realloc_that_it_takes_stays():
    def fails(some):
        return any(call.kind == "realloc" and call.block == 30 for call in some)

    left = shrink.shrink(noise(100), fails)
    assert [(call.kind, call.block) for call in left] == [("malloc", 30), ("realloc", 30)]


def test_threads_stay_only_where_it_takes_them():
    calls = noise(60, threads=3)

    def needs_two(some):
        return len({call.thread for call in some}) >= 2

    assert len({call.thread for call in shrink.shrink(calls, needs_two)}) == 2
    assert {call.thread for call in shrink.shrink(calls, lambda some: len(some) > 3)} == {0}


def test_block_numbers_that_are_used_again():
    calls = [Call(0, "malloc", 1, 10), Call(0, "free", 1), Call(0, "malloc", 1, 777),
             Call(0, "free", 1)]

    def fails(some):
        plan.make(some)
        return bytes_of(some, 777) > 0

    assert shrink.shrink(calls, fails) == [Call(0, "malloc", 1, 777)]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_program_runs_and_finds(tmp_path, threads):
    """Under a sound allocator it ends well; a library that loses contents is caught."""
    calls = noise(20, threads) + [Call(0, "aligned", 99, 100, 256), Call(0, "calloc", 98, 5000)]
    source = tmp_path / "fails.c"
    source.write_text(shrink.as_c(calls, "hakmem", "fails.c"))
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
