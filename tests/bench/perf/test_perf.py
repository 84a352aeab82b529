"""bazel run //bench:perf: what the tools print, read; wrong use; runs with the real tools."""

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.lab.base.errors import ToolError
from bench.lab.perf import callgrind, owner, sampling, stacks
from bench.lab.perf.stacks import Frame
from bench.lab.select import rows
from bench.lab.select.variant import Variant

SCRIPT = """\
sh   100     250056 
\tffffffff81000000 do_exec ([kernel.kallsyms])

bench_tiny_hot_   100     250000 
\t    7f0000001234 malloc (/x/libhakmem.so)
\t    55550000abcd cycles (/x/bench_tiny_hot_hakmem)
\t    55550000abce main (/x/bench_tiny_hot_hakmem)

bench_tiny_hot_   100     250000 
\t    7f0000001299 malloc (/x/libhakmem.so)
\t    55550000abcd cycles (/x/bench_tiny_hot_hakmem)
\t    55550000abce main (/x/bench_tiny_hot_hakmem)

my thread 7   101     500000 
\t    7f0000009999 std::f(int (*)(char), a<b (c)>) const (/x/a (b)/lib.so)
\t    7f000000999a [unknown] ([unknown])

gone   102          1 
\t    7f000000aaaa g (/x/lib.so (deleted))

gone   102          9 

"""

ANNOTATED = """\
--------------------------------------------------------------------------------
Profile data file 'callgrind.out' (creator: callgrind-3.19.0)
--------------------------------------------------------------------------------
Events recorded:  Ir
--------------------------------------------------------------------------------
Ir
--------------------------------------------------------------------------------
10,000 (100.0%)  PROGRAM TOTALS

--------------------------------------------------------------------------------
Ir              file:function
--------------------------------------------------------------------------------
5,000 (50.00%)  src/fast.h:malloc [/x/libhakmem.so]
1,500 (15.00%)  src/api.c:malloc [/x/libhakmem.so]
  200 ( 2.00%)  ???:malloc [/lib/ld.so]
1,000 (10.00%)  src/classes.h:malloc
1,800 (18.00%)  ???:std::vector<a>::f(int) [/x/prog]
  500 ( 5.00%)  ???:0x0000000000001020 [???]
"""

TREE = """\
10,000 (100.0%)  PROGRAM TOTALS

Ir               file:function
10,000 (100.0%)  < ???:(below main) (1x) [/usr/lib/libc.so.6]
9,500 (95.00%)  *  ???:std::vector<a>::f(int) [/x/prog]

9,000 (90.00%)  < ???:std::vector<a>::f(int) (100x) [/x/prog]
5,100 (51.00%)  *  src/fast.h:malloc [/x/libhakmem.so]
1,500 (15.00%)  *  src/api.c:malloc [/x/libhakmem.so]
"""

# perf as these tests need it; the file `script` beside it is what `perf script` prints.
FAKE_PERF = """\
#!/bin/sh
here=$(dirname "$0")
verb=$1
case $verb in
--version) echo perf version 9.9 ;;
stat) case "$*${ALONE:+ alone}" in
    *--all-cpus*alone) exit 1 ;;
    *"-e ${COUNTS:-cycles} "*) echo "12,,cycles,34,100.00,," >&2 ;;
    *) echo "<not supported>,,cycles,0,100.00,," >&2 ;;
    esac ;;
record)
    echo "$*" > "$here/recorded"
    while [ "$1" != -- ]; do
        if [ "$1" = --output ]; then echo data > "$2"; fi
        shift
    done
    shift
    exec "$@" ;;
script) cat "$here/script" ;;
report) echo "report of $*" ;;
esac
"""
BUSY = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done; result 1000"


@pytest.fixture
def fake_perf(bench, monkeypatch):
    """A fake perf first on the PATH; its folder."""
    folder = bench.root / "bin"
    folder.mkdir()
    (folder / "perf").write_text(FAKE_PERF)
    (folder / "perf").chmod(0o755)
    (folder / "script").write_text(SCRIPT)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def lab(bench):
    bench.variant("hakmem", "result 1000")
    bench.variant("system", "result 1000", kind="system")
    bench.variant("floor", "result 1000", kind="reference")
    bench.missing("mi", "libmimalloc-dev")
    return bench


# ---- reading -----------------------------------------------------------------------------------


def test_read_samples():
    samples = stacks.read(SCRIPT)
    main, cycles = (Frame(name, "/x/bench_tiny_hot_hakmem") for name in ("main", "cycles"))
    assert samples.count == 5
    assert samples.stacks == {
        (main, cycles, Frame("malloc", "/x/libhakmem.so")): 500_000,
        (Frame("[unknown]", "[unknown]"),
         Frame("std::f(int (*)(char), a<b (c)>) const", "/x/a (b)/lib.so")): 500_000,
        (Frame("g", "/x/lib.so"),): 1,
        (Frame("[unknown]", "[unknown]"),): 9,
    }


@pytest.mark.parametrize("text", ["", "\n\n", "nothing of the kind\n", "comm 1 2 3 x\n"])
def test_read_no_samples(text):
    assert stacks.read(text) == stacks.Samples(Counter(), 0)


def test_functions():
    """A function that calls itself counts once in its total."""
    f, g = Frame("f", "x"), Frame("g", "x")
    found = stacks.functions(Counter({(f, g, f): 3, (f, g): 1}))
    assert [(one.frame, one.self, one.total) for one in found] == [(f, 0.75, 1), (g, 0.25, 1)]
    assert stacks.functions(Counter()) == []


def test_read_instructions():
    found, whole = callgrind.read(ANNOTATED, TREE)
    assert whole == 10_000
    assert [(one.frame.name, one.frame.object, one.self, one.total) for one in found] == [
        ("malloc", "/x/libhakmem.so", 0.75, 0.75),
        ("std::vector<a>::f(int)", "/x/prog", 0.18, 0.95),
        ("0x0000000000001020", "???", 0.05, 0.05),
        ("malloc", "/lib/ld.so", 0.02, 0.02),
    ]


def test_instructions_of_another_form():
    with pytest.raises(ToolError, match="no line PROGRAM TOTALS"):
        callgrind.read("something else", "")


@pytest.mark.parametrize("text, yes", [
    ("1234,,cycles,1000,100.00,,\n", True),
    ("0.53,msec,cpu-clock,530000,100.00,0.5,CPUs utilized\n", True),
    ("noise\n7,,cycles:u,1,100.00,,\n", True),
    ("<not supported>,,cycles,0,100.00,,\n", False),
    ("<not counted>,,cycles,0,100.00,,\n", False),
    ("0,,cycles,0,100.00,,\n", False),
    ("Error:\nNo permission to enable cycles event.\n", False),
    ("", False),
])
def test_counts(text, yes):
    assert sampling.counts(text) is yes


def test_owners(tmp_path):
    """In a program that contains the allocator, its functions are those of its own files."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/cache.c").write_text(
        "__attribute__((noinline)) static int refill(int n) { return n * n; }\n"
        "int malloc_(int n) { return refill(n) + 1; }\n"
        "int alias(int n) __attribute__((alias(\"malloc_\")));\n")
    (tmp_path / "main.c").write_text("int malloc_(int); int main(int c) { return malloc_(c); }\n")
    binary = tmp_path / "prog"
    for file, flag in (("src/cache.c", "-g1"), ("main.c", "-g0")):
        command = ["gcc", "-O1", flag, "-c", file, "-o", f"{file}.o"]
        subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run(["gcc", "src/cache.c.o", "main.c.o", "-o", binary], cwd=tmp_path, check=True)
    assert owner.functions_inside(binary) == {"refill", "malloc_", "alias"}
    static = owner.Owners(Variant("hakmem+static", "profile", "static", {}), binary)
    shared = owner.Owners(Variant("hakmem", "profile", "shared", {}), binary)
    for name, of_static in (("refill", "hakmem"), ("main", "program")):
        assert static.of(Frame(name, str(binary))) == of_static
        assert shared.of(Frame(name, str(binary))) == "program"
    for path, whose in (("/x/libhakmem-low-rss.so", "hakmem"), ("[kernel.kallsyms]", "kernel"),
                        ("/lib/libc.so.6", "libc.so.6"), ("[vdso]", "[vdso]")):
        assert shared.of(Frame("malloc", path)) == whose
    assert owner.functions_inside(tmp_path / "main.c") == frozenset()


# ---- the command -------------------------------------------------------------------------------


def test_results(lab, fake_perf):
    outcome = lab.perf("tiny_hot", "hakmem")
    assert (outcome.status, outcome.err) == (0, "")
    assert {path.name for path in outcome.folder.iterdir()} == {
        "raw", "report.txt", "flamegraph.html", "run.json", "summary.md"}
    assert {path.name for path in (outcome.folder / "raw").iterdir()} == {
        "perf.data", "perf.pid", "record.out"}
    run = outcome.run
    first = next(row for row in rows.FULL if row.program == "bench_tiny_hot")
    assert (run["program"], run["parameters"], run["variant"]) == (
        "bench_tiny_hot", first.params, "hakmem")
    assert run["event"] == "cycles" and run["hardware"] is True
    assert run["tool"] == {"name": "perf", "version": "perf version 9.9"}
    assert run["status"] == "ok" and run["interrupted"] is False
    assert run["counted"] == "5 samples of cycles"
    assert "--call-graph dwarf," in run["recorded_by"]
    assert lab.order() == [f"bench_tiny_hot hakmem {first.params}"]
    # 500000 of 1000010 in malloc
    assert "| `malloc` | hakmem | 50.00 | 50.00 |" in outcome.summary
    assert "| `cycles` | program | 0.00 | 50.00 |" in outcome.summary
    assert "5 samples of cycles; 50.0 % in 1 function of hakmem." in outcome.summary
    assert "malloc" in outcome.out and f"results: {outcome.folder}\n" in outcome.out
    text = (outcome.folder / "report.txt").read_text()
    assert text.index("--call-graph none") < text.index("--call-graph graph,0.5,callee")


def test_few_samples_are_doubted(lab, fake_perf):
    few = lab.perf("tiny_hot", "hakmem")
    assert "doubtful: 5 samples are few: a share of 50 % is off by up to 44 percentage points" in \
        " ".join(few.out.split())
    assert "**Doubtful: 5 samples are few" in few.summary and len(few.run["doubts"]) == 1
    (fake_perf / "script").write_text(SCRIPT * 1000)
    many = lab.perf("tiny_hot", "hakmem", out="many")
    assert many.run["counted"] == "5000 samples of cycles"
    assert many.run["doubts"] == [] and "oubtful" not in many.out + many.summary


def test_threads_too_short_for_samples(lab, fake_perf, monkeypatch):
    """The processors are sampled; where that is not allowed, it is doubted."""
    assert lab.perf("larson", "hakmem").run["everywhere"] is True
    assert " --all-cpus " in (fake_perf / "recorded").read_text()
    monkeypatch.setenv("ALONE", "1")
    outcome = lab.perf("larson", "hakmem", out="alone")
    assert outcome.run["everywhere"] is False
    assert " --all-cpus " not in (fake_perf / "recorded").read_text()
    assert any("most threads of larson end before they are" in doubt
               for doubt in outcome.run["doubts"])


def test_lost_samples(lab, fake_perf):
    lab.variant("lossy", "echo 'Processed 1241 samples and lost 32.15%!' >&2; result 1000")
    outcome = lab.perf("tiny_hot", "lossy")
    assert "perf lost 32.15% of the samples: lower --frequency" in outcome.run["doubts"]


@pytest.mark.parametrize("counted, event, hardware", [
    ("cycles", "cycles", True), ("cycles:u", "cycles:u", True), ("cpu-clock", "cpu-clock", False)])
def test_event(lab, fake_perf, monkeypatch, counted, event, hardware):
    """The software clock where there are no counters."""
    monkeypatch.setenv("COUNTS", counted)
    outcome = lab.perf("tiny_hot", "hakmem")
    assert (outcome.run["event"], outcome.run["hardware"]) == (event, hardware)
    assert f"--event {event} " in (fake_perf / "recorded").read_text()


def test_nothing_can_be_counted(lab, fake_perf, monkeypatch):
    monkeypatch.setenv("COUNTS", "nothing")
    outcome = lab.perf("tiny_hot", "hakmem")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert outcome.err.startswith("perf: perf counts nothing here (<not supported>")
    assert "perf_event_paranoid" in outcome.err
    assert not outcome.folder.exists()


@pytest.mark.parametrize("words, tool, package", [
    ([], "perf", "linux-perf"), (["--instructions"], "valgrind", "valgrind")])
def test_a_missing_tool(lab, monkeypatch, words, tool, package):
    manifest = lab.root / "nothing"
    manifest.mkdir()
    monkeypatch.setenv("PATH", str(manifest))
    outcome = lab.perf("tiny_hot", "hakmem", *words)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == f"perf: {tool} is not installed: apt install {package}\n"
    assert not outcome.folder.exists() and lab.order() == []


@pytest.mark.parametrize("words, says", [
    (["larsen", "hakmem"], "BENCH: there is no larsen; there are bench_batch, "),
    (["larson", "hakmen"], "VARIANT: there is no hakmen; there are hakmem, system, floor\n"),
    (["larson", "mi"], "VARIANT: mi is not installed: apt install libmimalloc-dev\n"),
    (["realloc", "floor"], "bench_realloc cannot run with floor: the references serve malloc and "
     "free only\n"),
    (["larson", "hakmem", "--args", "1 '2"], "--args: 1 '2: No closing quotation\n"),
    (["larson", "hakmem", "--instructions", "--frequency", "9"],
     "--frequency: --instructions counts all"),
    (["larson", "hakmem", "--frequency", "999999999"], "--frequency: 999999999 is not in 1.."),
    (["larson", "x", "--preload", "x=gone.so"], "gone.so: No such file or directory"),
])
def test_wrong_use(lab, fake_perf, words, says):
    outcome = lab.perf(*words)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith("perf: ") and says in outcome.err
    assert not outcome.folder.exists() and lab.order() == []


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/x", ""])
def test_out(lab, fake_perf, out):
    (lab.root / "file").write_text("precious")
    outcome = lab.perf("tiny_hot", "hakmem", out=out)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"perf: --out: {lab.root / out if out else ''}")
    assert (lab.root / "file").read_text() == "precious"


def test_earlier_results_are_left_alone(lab, fake_perf):
    assert lab.perf("tiny_hot", "hakmem").status == 0
    again = lab.perf("tiny_hot", "system")
    assert again.status == 2 and "holds results already; name another folder" in again.err
    assert again.run["variant"] == "hakmem"
    compared = lab.ab("hakmem", "system", "--bench", "tiny_hot")
    assert compared.err == again.err.replace("perf:", "ab:")
    assert lab.run("--bench", "tiny_hot", "--reps", "1", out="suite").status == 0
    assert lab.perf("tiny_hot", "hakmem", out="suite").status == 2


def test_args(lab, fake_perf):
    outcome = lab.perf("larson", "hakmem", "--args", "1 2  '3 4'")
    assert outcome.status == 0
    assert lab.order() == ["larson hakmem 1 2 3 4"]
    assert outcome.run["parameters"] == "1 2 '3 4'"


def test_only_the_program_is_preloaded(lab, fake_perf):
    path = lab.library("mine.so")
    lab.variant("late", 'echo "preload=$LD_PRELOAD"; result 1000', kind="system")
    lab._variants[-1]["name"] = "system"
    del lab._variants[1]
    outcome = lab.perf("tiny_hot", "mine", "--preload", "mine=mine.so")
    assert outcome.status == 0
    assert f"preload={path}\n" in (outcome.folder / "raw/record.out").read_text()
    assert f" env LD_PRELOAD={path} " in (fake_perf / "recorded").read_text()


def test_a_crash(lab, fake_perf):
    """What was recorded until then is reported."""
    lab.variant("bad", "echo before; kill -SEGV $$")
    outcome = lab.perf("tiny_hot", "bad")
    assert outcome.status == 1
    log = outcome.folder / "raw/record.out"
    args = outcome.run["parameters"]
    assert outcome.err == f"perf: bench_tiny_hot {args}, bad: ended by signal 11: {log}\n"
    assert "before" in log.read_text()
    assert outcome.run["status"] == "ended by signal 11"
    assert "**The run failed: ended by signal 11.**" in outcome.summary
    assert (outcome.folder / "report.txt").exists() and "malloc" in outcome.out


def test_no_samples(lab, fake_perf):
    (fake_perf / "script").write_text("")
    outcome = lab.perf("tiny_hot", "hakmem")
    assert outcome.status == 1
    assert outcome.err.startswith("perf: no sample was taken: give the program more to do")
    assert outcome.err.endswith(f"; what is there is in {outcome.folder}\n")


def test_a_crash_at_once(lab, fake_perf):
    """One line, about the program and not about perf, which has nothing to show."""
    (fake_perf / "script").write_text("")
    lab.variant("bad", "exit 5")
    outcome = lab.perf("tiny_hot", "bad")
    assert outcome.status == 1
    assert outcome.err.count("\n") == 1 and "bad: exit status 5: " in outcome.err


def test_too_long(lab, fake_perf):
    marker = lab.root / "still"
    lab.variant("slow", f"sleep 1; touch {marker}")
    outcome = lab.perf("tiny_hot", "slow", "--timeout", "0.3")
    assert outcome.status == 1 and "slow: no result within 0.3 s" in outcome.err
    time.sleep(1)
    assert not marker.exists(), "the program is ended with the tool"


def test_perf_cannot_read_its_data(lab, fake_perf):
    (fake_perf / "script").unlink()
    outcome = lab.perf("tiny_hot", "hakmem")
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert outcome.err.startswith("perf: perf script --input") and "exit status 1" in outcome.err
    assert outcome.run["status"] == "ok" and (outcome.folder / "raw/perf.data").exists()


def test_full_disk(lab, fake_perf, monkeypatch):
    from bench.lab.run.folder import Files

    def full(_self, name, _text):
        raise OSError(28, "No space left on device", name)

    monkeypatch.setattr(Files, "write", full)
    outcome = lab.perf("tiny_hot", "hakmem")
    assert outcome.status == 1
    assert outcome.err == (f"perf: run.json: No space left on device; what is there is in "
                           f"{outcome.folder}\n")


@pytest.mark.parametrize("whole_group", [False, True])
def test_interrupted(lab, fake_perf, whole_group):
    """Ctrl-C ends the program too; what perf recorded is kept."""
    began, ended = lab.root / "began", lab.root / "ended"
    lab.variant("slow", f"touch {began}; sleep 1.5; touch {ended}; result 1000")
    process = lab.start("tiny_hot", "slow", command="perf")
    try:
        deadline = time.monotonic() + 30
        while not began.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert began.exists()
        time.sleep(0.1)
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    outcome = lab.outcome(process.returncode, out, err)
    assert outcome.status == 130
    assert outcome.err == f"perf: interrupted: what is there is in {outcome.folder}\n"
    assert outcome.run["interrupted"] is True
    assert (outcome.folder / "raw/perf.data").exists()
    time.sleep(1.5)
    assert not ended.exists()


def test_help(lab):
    outcome = lab.perf("--help")
    assert outcome.status == 0
    for word in ("--out", "--preload", "--frequency", "--instructions", "--args", "examples:",
                 "bazel run //bench:perf -- tiny_hot hakmem"):
        assert word in outcome.out
    assert "--manifest" not in outcome.out


# ---- with the real tools -----------------------------------------------------------------------


def test_perf_itself(lab):
    try:
        event = sampling.event("bench_tiny_hot")
    except ToolError as error:
        pytest.skip(str(error))
    lab.variant("busy", BUSY)
    outcome = lab.perf("tiny_hot", "busy")
    assert outcome.status == 0, outcome.err
    assert outcome.run["event"] == event.name
    assert int(outcome.run["counted"].split()[0]) >= 20
    shell = Path(shutil.which("sh")).resolve().name
    assert f"| {shell} |" in outcome.summary
    assert "Overhead" in (outcome.folder / "report.txt").read_text()
    assert 'class="box library"' in (outcome.folder / "flamegraph.html").read_text()


def test_callgrind_itself(lab):
    lab.variant("busy", "i=0; while [ $i -lt 500 ]; do i=$((i + 1)); done; result 1000")
    outcome = lab.perf("tiny_hot", "busy", "--instructions")
    assert outcome.status == 0, outcome.err
    assert int(outcome.run["counted"].split()[0].replace(",", "")) > 100_000
    assert outcome.run["tool"]["version"].startswith("valgrind-3")
    short = next(row for row in rows.QUICK if row.program == "bench_tiny_hot")
    assert outcome.run["parameters"] == short.params
    assert "PROGRAM TOTALS" in (outcome.folder / "report.txt").read_text()
    assert (outcome.folder / "raw/callgrind.out").exists()
    assert not (outcome.folder / "flamegraph.html").exists()
    assert "no flame graph: callgrind counts calls" in outcome.out
