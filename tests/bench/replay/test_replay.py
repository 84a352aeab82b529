"""Plans of a replay, and the program that runs them."""

import json
import os
import random
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from bench.lab.base import paths
from bench.lab.replay import c_program, plan
from bench.lab.replay.c_program import Call
from bench.lab.base.errors import UsageError
from gen.record import trace
from tests.bench.replay import traces

ROOT = Path(__file__).absolute().parents[3]
PROGRAM = ROOT / "bench/replayer/replay_program"
LIBRARIES = [None, ROOT / "libhakmem.so", ROOT / "libhakmem-header-classidx-on.so"]


def run(path: Path, library: Path | None = None) -> subprocess.CompletedProcess:
    environment = {**os.environ, "LD_PRELOAD": str(library)} if library else dict(os.environ)
    return subprocess.run([str(PROGRAM), str(path)], capture_output=True, text=True, check=False,
                          timeout=60, env=environment)


def make(folder: Path, calls: list[Call], **shape: int) -> plan.Plan:
    """The plan of these calls, in folder/plan."""
    return plan.make(traces.write(folder / "calls.trace", calls, **shape), folder / "plan")


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
    made = make(tmp_path, calls)
    assert made.calls == len(calls)
    assert made.peak == peak_of(calls)
    done = run(tmp_path / "plan", library)
    assert (done.returncode, done.stderr) == (0, "")
    peak, = map(int, re.findall(r"^live_peak=(\d+)$", done.stdout, re.MULTILINE))
    if threads == 1:
        assert peak == made.peak
    else:  # within a lap the order may be another one
        assert peak == pytest.approx(made.peak, rel=0.1)
    assert f" ops={made.calls} " in done.stdout


def test_what_was_freed_is_freed(tmp_path):
    """In the end only those blocks are live that the program left."""
    sizes = (24, 3000, 100_000)
    calls = [Call(0, "malloc", i, sizes[i % 3]) for i in range(600)]
    calls += [Call(0, "free", i) for i in range(599)]

    def live(some: list[Call]) -> int:
        make(tmp_path, some)
        environment = {**os.environ, "LD_PRELOAD": str(LIBRARIES[1]), "HAKMEM_STATS": "exit"}
        done = subprocess.run([str(PROGRAM), str(tmp_path / "plan")], capture_output=True,
                              text=True, check=True, timeout=60, env=environment)
        stats = json.loads(done.stderr)
        return stats["small"]["live_blocks"] + stats["large"]["live_blocks"]

    assert live(calls) == live([Call(0, "malloc", 0, 24)])


def test_a_thread_waits_for_the_block_of_another(tmp_path):
    """Thread 1 frees what thread 0 makes, one by one; each needs the slot again."""
    calls = [call for i in range(20_000)
             for call in (Call(0, "malloc", i, 64), Call(1, "free", i))]
    made = make(tmp_path, calls)
    assert made.threads == 2
    assert run(tmp_path / "plan").returncode == 0


def test_threads_overlap_as_they_did(tmp_path):
    """Both are there all the time, but only one at a time has blocks; both at once would have twice
    the peak."""
    calls = [Call(thread, "malloc", 5000 + thread, 8) for thread in range(2)]
    for thread in range(2):
        calls += [Call(thread, "malloc", i, 1000) for i in range(5000)]
        calls += [Call(thread, "free", i) for i in range(5000)]
    made = make(tmp_path, calls)
    done = run(tmp_path / "plan")
    peak, = map(int, re.findall(r"^live_peak=(\d+)$", done.stdout, re.MULTILINE))
    assert peak == pytest.approx(made.peak, rel=0.05)


@pytest.mark.parametrize("frees", [0, 1], ids=["own", "other"])
def test_slots_are_used_again(tmp_path, frees):
    """Also where one thread makes all blocks and another frees them: a replay's memory is that of
    the blocks that live at once, however many calls there are."""
    calls = [call for i in range(50_000)
             for call in (Call(0, "malloc", i, 64), Call(frees, "free", i))]
    assert make(tmp_path, calls).slots <= (1 if frees == 0 else 2 * 4096)


@pytest.mark.parametrize("shards, chunk_words", [(1, 8000), (3, 8000), (3, 10)])
@pytest.mark.parametrize("threads", [1, 5])
def test_the_plan_has_the_calls_of_the_trace(tmp_path, threads, shards, chunk_words):
    """Each thread's in its order, and those of each block in theirs; a slot holds one block at a
    time."""
    calls = calls_at_random(threads, 20_000, seed=threads + shards)
    made = make(tmp_path, calls, shards=shards, chunk_words=chunk_words)
    assert made.threads == threads
    assert made.moves == sum(call.kind == "realloc" for call in calls)
    assert made.frees == sum(call.kind == "free" for call in calls)
    assert made.left == made.made - made.frees - made.moves
    of_threads = steps_of(tmp_path / "plan")
    order = list(dict.fromkeys(call.thread for call in calls))
    next_of = [0] * threads
    turns: dict[int, int] = {}
    slots: dict[int, int] = {}
    for call in calls:
        thread = order.index(call.thread)
        slot, turn, kind, size, align = of_threads[thread][next_of[thread]]
        next_of[thread] += 1
        assert (kind, size) == (call.kind, call.size)
        assert align == (call.align if kind == "aligned" else 1)
        assert turn == turns.get(slot, 0)
        turns[slot] = turn + 1
        if kind in ("free", "realloc"):
            assert slots[call.block] == slot
        else:
            assert slot not in slots.values()
            slots[call.block] = slot
        if kind == "free":
            del slots[call.block]
    assert next_of == [len(steps) for steps in of_threads]


def steps_of(path: Path) -> list[list[tuple]]:
    """The calls of each thread of a plan, without what is no call."""
    data = path.read_bytes()
    _, threads, _, laps, _, _ = struct.unpack_from("<QIIIIQ", data)
    at = (32 + 16 * threads + 4 * laps + 15) // 16 * 16
    kinds = ("malloc", "calloc", "aligned", "realloc", "free")
    found = []
    for thread in range(threads):
        first, n = struct.unpack_from("<QQ", data, 32 + 16 * thread)
        steps = struct.iter_unpack("<IIQ", data[at + 16 * first:at + 16 * (first + n)])
        found.append([(slot, turn, kinds[packed >> 56], packed & (1 << 48) - 1,
                       1 << (packed >> 48 & 255))
                      for slot, turn, packed in steps if packed >> 56 < len(kinds)])
    return found


MEASURE = """
import resource, sys
from pathlib import Path
from bench.lab.replay import plan
plan.make(Path(sys.argv[1]), Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_memory_is_that_of_the_blocks_that_live(tmp_path):
    """Making the plan and running it take no more for ten times as many calls."""
    pair = [call for i in range(1000)
            for call in (Call(0, "malloc", i, 64), Call(i % 2, "free", i))]
    peaks, sizes = [], []
    for times in (20, 400):
        trace, to = traces.write(tmp_path / "calls.trace", pair * times), tmp_path / "plan"
        sizes.append(trace.stat().st_size)
        done = subprocess.run([sys.executable, "-c", MEASURE, trace, to], capture_output=True,
                              text=True, check=True, cwd=ROOT,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        replayed = run(to)
        assert replayed.returncode == 0
        peaks.append((int(done.stdout), int(re.search(r"peak_rss_kib=(\d+)", replayed.stdout)[1])))
    assert sizes[1] > 5 << 20 and (tmp_path / "plan").stat().st_size > 12 << 20
    for small, large in zip(*peaks):
        assert large < small + 2048  # KiB


def test_how_far_it_is(tmp_path):
    told = []
    trace = traces.write(tmp_path / "calls.trace", calls_at_random(2, 60_000, 1), shards=2)
    plan.make(trace, tmp_path / "plan", told.append)
    assert told == sorted(set(told)) and len(told) > 5 and told[-1] == 100


@pytest.mark.parametrize("calls, says", [
    ([Call(0, "malloc", 1, 8), Call(0, "free", 1), Call(0, "free", 1)],
     f"call 2: free of block {1 << 39 | 1}, which there is not"),
    ([Call(0, "realloc", 3, 1)], f"call 0: realloc of block {1 << 39 | 3}, which there is not"),
    ([Call(0, "aligned", 1, 1, 48)], "damaged: an alignment of 48; record the program again"),
])
def test_calls_that_cannot_be(tmp_path, calls, says):
    with pytest.raises(UsageError) as raised:
        make(tmp_path, calls)
    assert str(raised.value) == f"{tmp_path}/calls.trace: {says}"


@pytest.mark.parametrize("at, value, says", [
    (trace.CHUNKS_AT, 65, "damaged: a chunk of shard 64"),
    (trace.CHUNKS_AT + 24, 1 << 40, "damaged: a thread of number 1099511627776"),
    (trace.CHUNKS_AT + 32, 15, "damaged: an operation of kind 15"),
    (trace.CHUNKS_AT + 8, 1, "call 1: free of block 0, which there is not"),
    (32, 2, "cut short; record the program again"),
])
def test_a_damaged_trace(tmp_path, at, value, says):
    path = traces.write(tmp_path / "calls.trace", [Call(0, "malloc", 1, 8), Call(0, "free", 1)])
    data = bytearray(path.read_bytes())
    data[at:at + 8] = struct.pack("=Q", value)
    data[40:48] = struct.pack("=Q", 2)  # room for two chunks
    path.write_bytes(data)
    with pytest.raises(UsageError) as raised:
        plan.make(path, tmp_path / "plan")
    assert str(raised.value).startswith(f"{path}: {says}")


def test_no_room_for_the_plan(tmp_path):
    """It is said before anything is written, with what is needed and what is there."""
    small = tmp_path / "small"
    small.mkdir()
    trace = traces.write(tmp_path / "calls.trace", calls_at_random(1, 200_000, 1))
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=1m none "$1" && '
         'exec "$2" plan "$3" "$1/plan"', "sh", small, paths.PREPARER, trace],
        capture_output=True, text=True, check=False)
    if done.stderr.startswith(("unshare: ", "mount: ")):
        pytest.skip("no namespaces here")
    assert done.returncode == 1
    assert re.fullmatch(rf"{small}/plan: takes 4 MiB, and [01] MiB are free there; TMPDIR names "
                        "another folder\n", done.stderr), done.stderr


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
    make(tmp_path, calls)
    done = run(tmp_path / "plan", library)
    assert (done.returncode, done.stderr) == (1, f"replay: {says}\n")
    program = tmp_path / "fails"
    subprocess.run(["gcc", "-fno-builtin", "-pthread", "-x", "c", "-", "-o", program],
                   input=c_program.as_c(calls, "broken", "fails.c"), text=True, check=True)
    assert subprocess.run([program], check=False, timeout=60).returncode == 0
    done = subprocess.run([program], check=False, timeout=60, capture_output=True, text=True,
                          env={"LD_PRELOAD": str(library)})
    assert done.returncode == -6 and done.stderr.startswith("call ")


def test_realloc_owes_the_alignment_of_malloc(tmp_path):
    make(tmp_path, [Call(0, "malloc", 1, 10), Call(0, "realloc", 1, 778)])
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
    make(tmp_path, calls_at_random(2, 100, 1))
    path.write_bytes(path.read_bytes()[:-8])
    done = run(path)
    assert (done.returncode, done.stderr) == (2, f"replay: {path}: the plan is not whole\n")
