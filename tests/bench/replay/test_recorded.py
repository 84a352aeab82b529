"""bazel run //bench:replay: a recorded program's calls again, with any allocator."""

import csv
import os
import re
import subprocess
from pathlib import Path

import pytest

from bench import replay
from bench.lab.base import machine
from bench.lab.replay import c_program, recorded

ROOT = Path(__file__).absolute().parents[3]
RECORDER = ROOT / "gen" / "libhakmem-record.so"
HAKMEM = ROOT / "libhakmem.so"
PROGRAM = """
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static char *blocks[2][500];
static void *make(void *arg)
{
    char **mine = arg;
    for (int i = 0; i < 500; i++) {
        mine[i] = i % 7 ? malloc(i * 11 % 3000) : calloc(3, i);
        if (i % 5 == 0)
            mine[i] = realloc(mine[i], i + 777);
    }
    return 0;
}
int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc > 1) { /* with threads: one frees what the other made */
        pthread_create(&thread, 0, make, blocks[1]);
        pthread_join(thread, 0);
    }
    make(blocks[0]);
    free(aligned_alloc(256, 512));
    for (int i = 0; i < 500; i += 2) {
        free(blocks[0][i]);
        free(blocks[1][i]);
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("program") / "calls"
    subprocess.run(["gcc", "-O1", "-w", "-fno-builtin", "-pthread", "-x", "c", "-", "-o", path],
                   input=PROGRAM, text=True, check=True)
    return path


def record(program: Path, folder: Path, *words: str) -> Path:
    """The trace of the program, its recording beside it."""
    path = folder / "app.rec"
    subprocess.run([program, *words], check=True, timeout=60, env={
        **os.environ, "LD_PRELOAD": str(RECORDER), "HAKMEM_RECORD": str(path),
        "HAKMEM_RECORD_TRACE": str(64 << 20)})
    return path.with_name("app.rec.trace")


@pytest.fixture
def lab(bench):
    bench.variant("system", "result 1", kind="system")
    return bench


def run(lab, trace: Path, *words: str):
    return lab.command(replay, str(trace), *words, "--preload", f"hakmem={HAKMEM}")


@pytest.mark.parametrize("words, threads", [([], 1), (["threads"], 2)])
def test_the_replay_agrees_with_the_recording(lab, program, words, threads):
    trace = record(program, lab.root, *words)
    outcome = run(lab, trace.with_suffix(""), "hakmem", "system", "--reps", "3",
                  "--no-verdict")
    assert outcome.status == 0, outcome.err
    assert f"on {threads} threads" in outcome.out
    assert "all 6 replays agree with it" in outcome.out
    with open(outcome.folder / "replay.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["variant"] for line in lines] == ["hakmem"] * 3 + ["system"] * 3
    assert {line["calls"] for line in lines} == {lines[0]["recorded_calls"]}
    if threads == 1:
        assert {line["live_peak"] for line in lines} == {lines[0]["recorded_peak"]}


def test_a_recording_without_a_trace(lab, program):
    trace = record(program, lab.root)
    trace.unlink()
    outcome = run(lab, trace.with_suffix(""), "hakmem")
    assert outcome.status == 2 and outcome.err.count("\n") == 1
    assert "has no trace; record with --trace" in outcome.err


def test_a_trace_that_is_not_what_was_counted(lab, program):
    trace = record(program, lab.root)
    (lab.root / "other").mkdir()
    more = record(program, lab.root / "other", "threads")
    os.replace(more.with_suffix(""), trace.with_suffix(""))
    outcome = run(lab, trace, "hakmem", "--reps", "1")
    assert "the trace is not what was recorded: " in outcome.out
    assert "agree" not in outcome.out


def test_a_trace_that_ends_before_the_program(lab, program):
    """Its room was used up: it is not blamed for the counts of what came after."""
    trace = record(program, lab.root)
    data = bytearray(trace.read_bytes())
    data[48:56] = (300).to_bytes(8, "little")  # the sequence at which it stopped
    trace.write_bytes(data)
    outcome = run(lab, trace, "hakmem", "--reps", "1")
    assert outcome.status == 0, outcome.err
    assert "recorded: 299 calls on 1 threads" in outcome.out
    assert "the trace is not what was recorded: it ends before the program does: --trace-max" in \
        outcome.out
    assert "frees, recorded" not in outcome.out


@pytest.mark.parametrize("content, says", [
    (None, "No such file"), (b"", "empty"), (b"x" * 5000, "not a trace"),
])
def test_what_is_no_trace(lab, content, says):
    path = lab.root / "app.rec.trace"
    if content is not None:
        path.write_bytes(content)
    outcome = run(lab, path, "hakmem")
    assert outcome.status == 2 and says in outcome.err and outcome.err.count("\n") == 1
    assert not (lab.root / "out").exists()


BROKEN = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
void *realloc(void *p, size_t size)
{
    void *(*real)(void *, size_t) = dlsym(RTLD_NEXT, "realloc");
    char *q = real(p, size);
    return size == 777 + 35 ? memset(q, 0xff, size) : q;
}
void *malloc(size_t size)
{
    static void *(*real)(size_t);
    if (!real)
        real = dlsym(RTLD_NEXT, "malloc");
    return real(size);
}
"""


def test_a_failing_trace_is_shrunk(lab, program):
    """To one block that is resized, as a program that fails by itself."""
    trace = record(program, lab.root, "threads")
    library = lab.root / "broken.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-fno-builtin", "-x", "c", "-", "-o", library],
                   input=BROKEN, text=True, check=True)
    outcome = run(lab, trace, "broken", "--preload", f"broken={library}", "--reps", "1")
    assert outcome.status == 1
    outcome = run(lab, trace, "broken", "--preload", f"broken={library}", "--shrink", "fails.c")
    assert outcome.status == 0, outcome.err
    source = (lab.root / "fails.c").read_text()
    assert source.startswith("/* 2 calls, cut down from a trace, that fail with broken.")
    subprocess.run(["gcc", "-fno-builtin", "-pthread", "-o", lab.root / "fails",
                    lab.root / "fails.c"], check=True)
    good = subprocess.run([lab.root / "fails"], check=False, timeout=60)
    bad = subprocess.run([lab.root / "fails"], check=False, timeout=60, capture_output=True,
                         text=True, env={"LD_PRELOAD": str(library)})
    assert good.returncode == 0 and bad.returncode == -6 and "has changed" in bad.stderr
    again = run(lab, trace, "broken", "--preload", f"broken={library}", "--shrink", "fails.c")
    assert again.status == 2 and "fails.c: exists; name another file" in again.err


FORKS = """
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    char *blocks[400];
    for (int i = 0; i < 400; i++)
        blocks[i] = malloc(i);
    if (fork() == 0) {
        for (int i = 0; i < 200; i++)
            free(blocks[i]);
        for (int i = 0; i < 50; i++)
            blocks[i] = malloc(1000);
        _exit(0);
    }
    return wait(NULL) < 0;
}
"""


def test_the_child_of_a_fork(lab, tmp_path):
    """Has blocks that it did not make, of which it frees some."""
    path = tmp_path / "forks"
    subprocess.run(["gcc", "-O1", "-fno-builtin", "-x", "c", "-", "-o", path],
                   input=FORKS, text=True, check=True)
    (tmp_path / "of").mkdir()
    subprocess.run([path], check=True, timeout=60, env={
        **os.environ, "LD_PRELOAD": str(RECORDER), "HAKMEM_RECORD": f"{tmp_path}/of/%p.rec",
        "HAKMEM_RECORD_TRACE": str(64 << 20)})
    traces = sorted((tmp_path / "of").glob("*.trace"))
    assert len(traces) == 2
    for i, trace in enumerate(traces):
        outcome = run(lab, trace, "hakmem", "--reps", "1", "--out", str(tmp_path / f"out{i}"))
        assert outcome.status == 0, outcome.err
        assert "all 1 replays agree with it" in outcome.out, outcome.out


def test_ctrl_c_keeps_the_fewest_calls_so_far(lab, program, monkeypatch):
    tries = []

    def fails(_variant, path, _plan_file, _timeout):
        calls = c_program.calls_of(path)
        tries.append(len(calls))
        if len(tries) == 10:
            raise KeyboardInterrupt
        return any(call.size == 777 + 35 for call in calls)

    monkeypatch.setattr(recorded, "fails", fails)
    outcome = run(lab, record(program, lab.root), "hakmem", "--shrink", "fails.c")
    assert outcome.status == 130 and outcome.err == "replay: interrupted: fewer calls may do\n"
    count, = map(int, re.findall(r"^(\d+) of \d+ calls make hakmem fail", outcome.out, re.M))
    assert count < tries[0]
    assert (lab.root / "fails.c").read_text().startswith(f"/* {count} calls, cut down")


def test_blocks_that_do_not_fit_in_memory(lab, program, monkeypatch):
    monkeypatch.setattr(machine, "available_bytes", lambda: 1000)
    outcome = run(lab, record(program, lab.root), "hakmem")
    assert outcome.status == 1 and "0 MiB of memory are available" in outcome.err


def test_shrink_into_no_folder(lab, program):
    outcome = run(lab, record(program, lab.root), "hakmem", "--shrink", "gone/fails.c")
    assert outcome.status == 2 and "gone: is no folder that can be written to" in outcome.err


def test_nothing_to_shrink(lab, program):
    outcome = run(lab, record(program, lab.root), "hakmem", "--shrink", "fails.c")
    assert outcome.status == 0 and "hakmem does not fail: no program is written" in outcome.out
    assert not (lab.root / "fails.c").exists()
