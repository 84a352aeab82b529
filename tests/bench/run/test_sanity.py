"""Allocators whose blocks are wrong are refused by name, whatever their speed; right ones are not."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bench import noise
from bench.lab.run import sanity
from bench.lab.select.manifest import Manifest
from bench.lab.select.variant import Variant

# Run from source, they are where Bazel left them.
BIN = Path("." if Path("bench_sanity_system").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin").absolute()
TINY = ["--bench", "tiny_hot", "--reps", "2"]

# An allocator that never takes a block back, right but for what each case defines.
BUMP = r"""
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define AREA ((size_t)32 << 30)
#ifdef PER_THREAD
static __thread size_t used;
#define TAKE(n) ((used += (n)) - (n))
#else
static atomic_size_t used;
#define TAKE(n) atomic_fetch_add(&used, (n))
#endif
static _Atomic(char *) area;
static atomic_int calls;

static char *take(size_t n, size_t align)
{
    char *start = area;
    if (!start) {
        start = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                     -1, 0);
        char *none = NULL;
        if (!atomic_compare_exchange_strong(&area, &none, start))
            start = none;
    }
    if (n > AREA / 4)
        return NULL;
    char *p = start + TAKE((n + 15) / 16 * 16 + 16 + align);
    p = (char *)(((uintptr_t)p + align + 15) / align * align);
    ((size_t *)p)[-1] = n;
    return p;
}

void *malloc(size_t n)
{
    static char *last;
    char *p = take(n, 16);
    (void)calls++;
#ifdef OVERLAP
    if (p && n >= 128) used -= 64;
#endif
#ifdef TWICE
    if (p && calls % 500 == 0 && last) {
        p = last;
        ((size_t *)p)[-1] = n;
    }
    if (n >= 48) last = p;
#endif
#ifdef MISALIGNED
    p += 8;
    ((size_t *)p)[-1] = n;
#endif
#ifdef DIRTY
    if (p) memset(p, 0x5A, n);
#endif
#ifdef NONE
    if (n > 1 << 20) return NULL;
#endif
#ifdef CRASH
    if (n == 777) __builtin_trap();
#endif
#ifdef HANG
    while (n == 777) usleep(1000);
#endif
    return p;
}
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m)
{
    size_t all;
    if (__builtin_mul_overflow(n, m, &all))
        return NULL;
    return malloc(all);
}
void *realloc(void *old, size_t n)
{
#ifdef GROWS
    if (old && ((size_t *)old)[-1] >= 65536 && n > ((size_t *)old)[-1]) {
        ((size_t *)old)[-1] = n;
        return old;
    }
#endif
    char *p = malloc(n);
#ifndef LOSES
    if (p && old) { size_t had = ((size_t *)old)[-1]; memcpy(p, old, had < n ? had : n); }
#endif
    return p;
}
size_t malloc_usable_size(void *p)
{
#ifdef LONG
    return p ? ((size_t *)p)[-1] * 4 : 0;
#elif defined(SHORT)
    return p ? ((size_t *)p)[-1] / 2 : 0;
#else
    return p ? ((size_t *)p)[-1] : 0;
#endif
}
void *aligned_alloc(size_t align, size_t n)
{
#ifdef UNALIGNED
    return malloc(n);
#else
    return take(n, align < 16 ? 16 : align);
#endif
}
"""
WRONG = {
    "OVERLAP": "blocks overlap: ",
    "TWICE": "the same block twice: ",
    "MISALIGNED": "misaligned: ",
    "DIRTY": "calloc: byte 0 of a block of 1 bytes is not zero",
    "LOSES": "realloc: from 1 to 2 bytes, byte 0 is lost",
    "GROWS": ("blocks overlap: ", "was changed while it was in use"),
    "SHORT": "malloc_usable_size: says ",
    "LONG": "was changed while it was in use",
    "NONE": "malloc: no block of 3000000 bytes",
    "CRASH": "with it bench_sanity ends: ended by signal ",
    "PER_THREAD": ("blocks overlap: ", "the same block twice: ",
                   "was changed while it was in use",
                   "is lost", "is not zero"),
}


def build(folder: Path, *define: str) -> Path:
    path = folder / f"{'-'.join(['bump', *define])}.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-w", "-fno-builtin", "-o", path, "-x", "c",
                    "-", *(f"-D{word}" for word in define)], input=BUMP, text=True, check=True)
    return path


@pytest.fixture
def lab(bench):
    """The checker is the real one."""
    bench.variant("hakmem", "result 1000000")
    bench.variant("system", "result 1000000", kind="system")
    for entry in bench._variants:
        entry["binaries"][sanity.CHECKER] = str(BIN / "bench_sanity_system")
    return bench


def says(text: str, wrong: str | tuple[str, ...]) -> bool:
    return any(word in text for word in ([wrong] if isinstance(wrong, str) else wrong))


@pytest.mark.parametrize("define", WRONG)
def test_refused(lab, define):
    """By name, with the reason; nothing is measured with it, the others are."""
    library = build(lab.root, define)
    outcome = lab.run(*TINY, "--preload", f"mine={library}")
    assert outcome.status == 1
    assert outcome.err.startswith("matrix: failed: mine: bench_tiny_hot 32 100 300000: refused: ")
    for text in (outcome.err, outcome.out, outcome.summary, outcome.html):
        assert says(text, WRONG[define]), text
    assert "sanity: 2 of 3 variants run all of 1 programs" in outcome.out
    assert {line["variant"] for line in outcome.lines} == {"hakmem", "system"}
    log = (outcome.folder / "raw" / "sanity-bench_sanity-mine.out").read_text()
    assert says(log, WRONG[define])


@pytest.mark.parametrize("words", [TINY, ["--program", "true", "--reps", "2"]])
def test_refused_by_ab(lab, monkeypatch, words):
    """Also where a command runs with it; a comparison with nothing is none."""
    lab.launcher(monkeypatch, ":")
    library = build(lab.root, "OVERLAP")
    outcome = lab.ab("system", "mine", "--preload", f"mine={library}", *words, "--no-verdict")
    assert outcome.status == 1 and outcome.lines == []
    assert "refused: malloc: blocks overlap: " in outcome.err and outcome.err.count("\n") == 1
    assert "No row has numbers for both system and mine." in outcome.out


def test_refused_by_noise(lab):
    library = build(lab.root, "TWICE")
    outcome = lab.command(noise, "--variant", "mine", "--preload", f"mine={library}",
                          "--bench", "tiny_hot", "--trials", "1")
    assert outcome.status == 1
    assert len((outcome.folder / "noise.csv").read_text().splitlines()) == 1, "its head"
    assert "refused: malloc: the same block twice: " in outcome.err


def test_refused_by_perf(lab):
    library = build(lab.root, "OVERLAP")
    outcome = lab.perf("tiny_hot", "mine", "--preload", f"mine={library}", "--instructions")
    assert outcome.status == 1
    assert outcome.err.startswith("perf: mine: refused: malloc: blocks overlap: ")


def test_one_that_is_right(lab):
    """It never frees and is accepted."""
    outcome = lab.run(*TINY, "--preload", f"mine={build(lab.root)}")
    assert outcome.status == 0, outcome.err
    assert "sanity: 3 of 3 variants run all of 1 programs" in outcome.out
    assert outcome.run["doubts"] == [one for one in outcome.run["doubts"] if "mine" not in one]
    assert not list((outcome.folder / "raw").glob("sanity-*"))


def test_only_aligned_blocks_are_wrong(lab):
    """No benchmark program asks for one: measured, and a doubt everywhere."""
    outcome = lab.run(*TINY, "--preload", f"mine={build(lab.root, 'UNALIGNED')}")
    assert outcome.status == 0, outcome.err
    (doubt,) = [one for one in outcome.run["doubts"] if one.startswith("mine ")]
    assert "calls that the benchmark programs do not make: aligned_alloc: a block of " in doubt
    assert doubt in outcome.summary and doubt in outcome.html


def test_the_timeout_holds(lab):
    """Also for the checker and for the sanity run of a program."""
    library = build(lab.root, "HANG")
    outcome = lab.run(*TINY, "--preload", f"mine={library}", "--timeout", "3")
    assert outcome.status == 1
    assert "mine: bench_tiny_hot 32 100 300000: refused: no result within 3 s: " in outcome.err
    lab.variant("slow", 'if [ "$n" -eq 0 ]; then exec sleep 60; fi; result 1')
    outcome = lab.run(*TINY, "--variants", "slow", "--timeout", "1", out="again")
    assert outcome.status == 1
    assert "slow: bench_tiny_hot 32 100 300000: sanity run no result within 1 s: " in outcome.err


@pytest.mark.parametrize("name, kind", [("null", "reference"), ("floor", "reference"),
                                        ("hakmem", "profile"), ("system", "system"),
                                        ("hakmem+static", "profile"), ("system+static", "system")])
def test_what_is_built_is_accepted(tmp_path, name, kind):
    """The references never give memory back; the blocks of one of them overlap, which it says."""
    variant = Variant(name, kind, "static" if "+" in name else "shared",
                      {sanity.CHECKER: BIN / f"bench_sanity_{name}"})
    run = sanity.check(variant, None, Manifest([], [variant], [], {}), 60, tmp_path / "log")
    assert run.ok, run.status


def test_every_variant_has_the_checker():
    manifest = json.loads((BIN / "bench_manifest.json").read_text(encoding="utf-8"))
    assert manifest["variants"]
    for one in manifest["variants"]:
        build = one["name"].removesuffix("+again")
        assert one["binaries"][sanity.CHECKER].endswith(f"bench_sanity_{build}")
    assert sanity.CHECKER not in manifest["programs"]


def test_its_arguments():
    for words, wrong in ((["all"], "takes 2 arguments, not 1"), (["some", "1"], 'calls: "some"'),
                         (["all", "0"], 'threads: "0" is not')):
        done = subprocess.run([BIN / "bench_sanity_system", *words], capture_output=True, text=True,
                              check=False, env=dict(os.environ))
        assert done.returncode == 2 and wrong in done.stderr
