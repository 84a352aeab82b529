"""bazel run //bench:count, over fake programs and fake tools."""

import csv
import json
import os
import signal
import time

import pytest

from bench import count
from bench.lab.base import paths, tools

# Instructions and calls follow from $ops, by a line of shell in the file `rule`; $program is the
# program's path.  What the programs do once is 5000 instructions and 10 calls.
RULE = """ir=$((5000 + 20 * ops)) calls=$((10 + ops / 100))
case $program in *_slow) ir=$((5000 + 50 * ops)) calls=$((10 + ops / 10)) ;; esac
"""
FAKE_VALGRIND = """\
#!/bin/sh
here=$(dirname "$0")
each=
while :; do
    case $1 in
    --version) echo valgrind-3.99; exit ;;
    --callgrind-out-file=*) out=${1#*=} ;;
    --trace-children=yes) each=yes ;;
    -*) ;;
    *) break ;;
    esac
    shift
done
program=$1
"$@" > "$here/printed"; status=$?
cat "$here/printed"
ops=$(sed -n "s/.* ops=\\([0-9]*\\) .*/\\1/p" "$here/printed")
. "$here/rule"
[ -n "$each" ] && out=$(echo "$out" | sed "s/%p/7/") || out=$out.1
cat > "$out" <<END
positions: instr line
events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw
ob=(1) $(readlink -f "$program")
0x10 1 $((2 * ops)) $ops
ob=(2) /nowhere/lib.so
0x20 1 $((ir - 2 * ops)) $ops $ops 0 10 20 0 3 4
END
exit $status
"""
FAKE_STRACE = """\
#!/bin/sh
here=$(dirname "$0")
while :; do
    case $1 in
    -o) out=$2; shift 2 ;;
    -E) export "$2"; shift 2 ;;
    -s | -e) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
program=$1
"$@" > "$here/printed"; status=$?
cat "$here/printed"
ops=$(sed -n "s/.* ops=\\([0-9]*\\) .*/\\1/p" "$here/printed")
. "$here/rule"
{
    echo "7  execve(program) = 0"
    echo "7  getrusage(RUSAGE_SELF, {}) = 0"
    yes "7  munmap(0x7f, 4096) = 0" | head -n $((calls - 1))
    echo "7  futex(0x7f, FUTEX_WAIT_PRIVATE, 1) = 0"
    echo "7  getrusage(RUSAGE_SELF, {}) = 0"
} > "$out"
exit $status
"""
COSTS = "echo COSTS page=800 page_alone=1600 mmap=400 munmap=1000"
TINY = ["--bench", "tiny_hot"]
# Operations of tiny_hot; 2 in each cycle for each block.
BODY = 'result %d "" "" $(($2 * $3 * 2))'


@pytest.fixture
def tool_folder(bench, monkeypatch):
    """Fake tools first on the PATH; their folder."""
    folder = bench.root / "bin"
    folder.mkdir()
    for name, text in (("valgrind", FAKE_VALGRIND), ("strace", FAKE_STRACE),
                       ("kernel_costs", f"#!/bin/sh\n{COSTS}\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "rule").write_text(RULE)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(paths, "KERNEL_COSTS", folder / "kernel_costs")
    return folder


@pytest.fixture
def lab(bench, tool_folder):
    """Of 60 million operations, in 0.25 s in the program and 0.125 s in the kernel."""
    bench.variant("quick", BODY % 100_000_000, bench_vm_mixed="result 1000 '' '' $1")
    bench.variant("slow", BODY % 20_000_000)
    bench.missing("mi", "libmimalloc-dev")
    return bench


def counted(lab, *words):
    """bazel run //bench:count -- `words`, in this process; with one timed pair, if not told."""
    reps = [] if {"--reps", "--times", "--help"} & {*words} else ["--reps", "1"]
    return lab.command(count, *words, *reps)


def lines(outcome):
    with open(outcome.folder / "counts.csv", newline="", encoding="utf-8") as file:
        return {line["kind"]: line for line in csv.DictReader(file)}


def without(monkeypatch, *gone):
    real = tools.shutil.which
    monkeypatch.setattr(tools.shutil, "which", lambda tool: None if tool in gone else real(tool))


# ---- what it counts ----------------------------------------------------------------------------


def test_results(lab):
    outcome = counted(lab, "quick", "slow", *TINY, "--reps", "6")
    assert (outcome.status, outcome.err) == (0, "")
    assert {path.name for path in outcome.folder.iterdir()} == {
        "raw", "results.csv", "counts.csv", "counts.json", "run.json", "summary.md"}
    found = lines(outcome)
    assert (found["instructions"]["a"], found["instructions"]["b"]) == ("20", "50")
    assert found["instructions"]["exact_a"] == found["instructions"]["exact_b"] == "yes"
    assert float(found["instructions_outside"]["a"]) == 18
    assert float(found["accesses"]["a"]) == 3 and float(found["accesses_outside"]["a"]) == 2
    assert found["l1_misses"]["a"] == found["l2_misses"]["b"] == "0", "what is done once cancels"
    assert float(found["system_calls"]["a"]) == 0.01 and float(found["call_munmap"]["b"]) == 0.1
    assert float(found["waits"]["a"]) == 0
    assert float(found["page_faults"]["a"]) == pytest.approx(7 / 60e6)
    assert float(found["ns"]["a"]) == 10 and float(found["ns"]["b"]) == 50
    assert found["page_faults"]["bytes_of_one"] == str(os.sysconf("SC_PAGE_SIZE"))
    assert found["l1_misses"]["bytes_of_one"] == "64" and not found["ns"]["bytes_of_one"]


def test_the_parts_add_up(lab):
    found = lines(counted(lab, "quick", "slow", *TINY))
    worth = {kind: float(line["worth_ns"]) for kind, line in found.items() if line["worth_ns"]}
    assert worth.pop("ns") == 40 == pytest.approx(sum(worth.values()))
    assert worth["call_munmap"] == pytest.approx(0.09 * 1000)
    assert set(worth) == {"instructions", "ns_an_instruction", "page_faults", "call_mmap",
                          "call_munmap", "rest_of_system_ns", "waiting_ns"} - {"call_mmap"}


def test_two_amounts_of_work_of_each_program(lab):
    """Half a million operations and half of that; each tool twice."""
    counted(lab, "quick", "slow", *TINY, "--reps", "2")
    under_tools = [line for line in lab.order() if not line.endswith(" 300000")]
    assert {line: under_tools.count(line) for line in under_tools} == {
        f"bench_tiny_hot {variant} 32 100 {cycles}": 4
        for variant in ("quick", "slow") for cycles in (1250, 2500)}


def test_words(lab):
    outcome = counted(lab, "quick", "slow", *TINY, "--reps", "9")
    text = " ".join(outcome.out.split())
    assert "instructions 20 50 +30 " in text and "page faults in 1000 1.2e-04" in text
    assert "lock acquisitions in 1000 - - -" in text and "atomic instructions 0 0 0 exact" in text
    assert "munmap in 1000 10 100 +90 +90 exact" in text
    assert "slow slower by 80 %" in text
    assert "In processor time there is hardly a difference.  The rest is time without a " \
        "processor, which says nothing about quick and slow." in outcome.summary
    assert "The kernel takes, ns for one: a page 800, a page alone 1600, mmap 400, munmap 1000." \
        in text
    assert f"results: {outcome.folder}" in text
    assert "| instructions | 20 | 50 | +30 |" in outcome.summary
    assert "## bench_tiny_hot 32 100 300000" in outcome.summary


def test_json(lab):
    outcome = lab.command(count, "quick", "slow", *TINY)
    found = json.loads((outcome.folder / "counts.json").read_text())
    (row,) = found["rows"]
    assert row["counted_at"] == ["32 100 1250", "32 100 2500"]
    assert row["kinds"]["instructions"]["repetitions"] == [[20, 20], [50, 50]]
    assert row["runs"]["a"]["callgrind"][1][1]["instructions"] == 5000 + 20 * 500_000
    assert found["costs_ns"]["page"] == 800 and row["verdict"] == "worse" and row["pairs"] == 9
    assert found["about"] == outcome.run and found["about"]["reps"] == count.REPS


def test_a_variant_against_itself(lab):
    outcome = counted(lab, "quick", "quick", *TINY)
    assert outcome.status == 0 and "B: quick-again" in outcome.out
    assert all(float(line["difference"]) == 0 for line in lines(outcome).values()
               if line["difference"])


def test_repetitions_that_differ(lab, tool_folder):
    """Each run of valgrind counts one more for each operation."""
    (tool_folder / "rule").write_text(
        f"{RULE}echo x >> {lab.root}/n; ir=$((ir + ops * $(wc -l < {lab.root}/n) / 10))\n")
    outcome = counted(lab, "quick", "slow", *TINY)
    found = lines(outcome)["instructions"]
    assert found["exact_a"] == "no" and float(found["spread_a"]) > 0
    assert lines(outcome)["accesses"]["exact_a"] == "yes"
    assert " within " in outcome.out


def test_a_static_program_has_its_allocator_inside(lab):
    lab.variant("still", BODY % 100_000_000, link="static")
    found = lines(counted(lab, "quick", "still", *TINY))
    assert found["instructions"]["b"] == "20" and found["instructions_outside"]["b"] == ""
    assert found["instructions_outside"]["a"] == "18"


def test_a_command(lab, monkeypatch, tool_folder):
    """Counted once and as a whole."""
    lab.launcher(monkeypatch, "echo x >> $(dirname $0)/started")
    library = lab.library("mine.so")
    lab.variant("mine", "result 1", library=library)
    lab.variant("yours", "result 1", library=library)
    outcome = counted(lab, "mine", "yours", "--program", "true", "--reps", "2")
    assert outcome.status == 0, outcome.err
    found = lines(outcome)
    assert found["instructions"]["a"] == "5020" and found["page_faults"]["a"] == "7"
    assert found["system_calls"]["a"] == "13", "all of the log"
    assert found["instructions_outside"]["a"] == ""
    assert (lab.root / "started").read_text().count("x") == 2 * 2 + 2 * 2 * 2
    assert "a run" in outcome.out and "time, ms" in outcome.out


# ---- rows --------------------------------------------------------------------------------------


def test_a_row_that_runs_for_a_time_is_left_out(lab):
    outcome = counted(lab, "quick", "slow", "--bench", "tiny_hot,larson", "--threads", "1")
    assert outcome.status == 0
    assert "left out: larson 0.3 8 128 1024 1 12345 1: it runs or waits for a time" in outcome.out
    assert not any("larson" in line for line in lab.order())
    assert "larson" in outcome.summary


@pytest.mark.parametrize("words, says", [
    (["quick", "slow", "--bench", "larson"], "count: no row can be counted: larson 0.3 "),
    (["quick", "slow", "--bench", "idle"], "it runs or waits for a time, not for an amount of work"),
    (["quick", "slow", "--bench", "larsen"], "count: --bench: there is no larsen; there are "),
    (["quick", "other"], "count: B: there is no other; there are quick, slow\n"),
    (["mi", "slow"], "count: A: mi is not installed: apt install libmimalloc-dev\n"),
    (["quick", "slow", "--program", ""], "count: --program: no command\n"),
    (["quick", "slow", "--times", "gone"], "gone: there is no such folder; name a folder of results"),
    (["quick", "slow", "--times", "x", "--reps", "3"],
     "count: --reps: with --times nothing is timed; leave one of the two out\n"),
])
def test_wrong_use(lab, words, says):
    outcome = counted(lab, *words)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert says in outcome.err
    assert not outcome.folder.exists() and lab.order() == []


def test_a_program_that_only_one_can_run(lab):
    lab.variant("floor", BODY % 1_000, kind="reference")
    outcome = counted(lab, "quick", "floor", "--bench", "realloc")
    assert outcome.status == 2
    assert "the references serve malloc and free only" in outcome.err


# ---- the times of an earlier measurement -------------------------------------------------------


def test_times(lab):
    assert lab.ab("quick", "slow", *TINY, "--reps", "9", out="ab").status == 0
    made = len(lab.order())
    outcome = counted(lab, "quick", "slow", "--times", "ab")
    assert outcome.status == 0, outcome.err
    assert len(lab.order()) == made + 2 * 2 * 2 * 2, "nothing but what the tools run"
    assert lines(outcome)["ns"]["b"] == "50" and outcome.run["reps"] == 9
    assert outcome.run["times"] == str(lab.root / "ab")
    assert "slow slower by 80 %" in outcome.out
    assert "measured elsewhere" not in outcome.out


def test_times_of_another_machine(lab):
    lab.ab("quick", "slow", *TINY, out="ab")
    about = json.loads((lab.root / "ab" / "run.json").read_text())
    about["machine"]["cores"] = 999
    (lab.root / "ab" / "run.json").write_text(json.dumps(about))
    outcome = counted(lab, "quick", "slow", "--times", "ab")
    assert "doubtful: the times were measured elsewhere: cores: 999 then," in outcome.out


def test_times_of_others(lab):
    lab.ab("quick", "quick", *TINY, out="ab")
    outcome = counted(lab, "quick", "slow", "--times", "ab")
    assert outcome.status == 2
    assert outcome.err == (f"count: --times: {lab.root / 'ab'}: has no such row with times of quick "
                           "and of slow\n")
    assert counted(lab, "quick", "quick", "--times", "ab").status == 0


def test_times_without_operations(lab):
    lab.ab("quick", "slow", *TINY, out="ab")
    path = lab.root / "ab" / "results.csv"
    with open(path, newline="", encoding="utf-8") as file:
        results = list(csv.DictReader(file))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [name for name in results[0] if name != "ops"],
                                extrasaction="ignore")
        writer.writeheader()
        writer.writerows(results)
    outcome = counted(lab, "quick", "slow", "--times", "ab")
    assert outcome.status == 2 and "do not say how many operations a run did" in outcome.err


def test_times_of_a_variant_that_works_no_more(lab):
    lab.ab("quick", "slow", *TINY, out="ab")
    lab.variant("quick", "exit 1")
    del lab._variants[0]
    outcome = counted(lab, "quick", "slow", "--times", "ab")
    assert outcome.status == 1 and "quick: bench_tiny_hot" in outcome.err
    assert "sanity run exit status 1" in outcome.err and lines(outcome) == {}


# ---- what goes wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize("gone, lacking, there", [
    ("valgrind", "instructions", "call_munmap"), ("strace", "system_calls", "instructions")])
def test_a_missing_tool(lab, monkeypatch, gone, lacking, there):
    """The others count all the same."""
    without(monkeypatch, gone)
    outcome = counted(lab, "quick", "slow", *TINY)
    assert outcome.status == 1
    assert outcome.err.startswith(f"count: failed: {gone} is not installed: apt install {gone}; "
                                  "without it there are no ")
    found = lines(outcome)
    assert found[lacking]["a"] == "" and found[there]["a"] and found["page_faults"]["a"]


def test_no_tool_at_all(lab, monkeypatch):
    without(monkeypatch, "valgrind", "strace")
    outcome = counted(lab, "quick", "slow", *TINY)
    assert outcome.status == 1 and "; and 1 more, see summary.md" in outcome.err
    assert lines(outcome)["user_ns"]["worth_ns"] and "too few runs to tell" in outcome.out
    assert "instructions - - -" in " ".join(outcome.out.split())


def test_the_kernel_is_not_timed(lab, tool_folder):
    (tool_folder / "kernel_costs").write_text(f"#!/bin/sh\n{COSTS}; echo no memory >&2; exit 1\n")
    outcome = counted(lab, "quick", "slow", *TINY)
    assert outcome.status == 1 and "kernel_costs: measures nothing: no memory" in outcome.err
    found = lines(outcome)
    assert found["system_ns"]["worth_ns"] and not found["page_faults"]["worth_ns"]


def test_a_program_that_fails_under_a_tool(lab):
    """What it printed is kept; the other tool counts."""
    lab.variant("bad", f"[ $BENCH_LATENCY ] && {{ echo why; exit 3; }}; {BODY % 1_000_000}")
    outcome = counted(lab, "quick", "bad", *TINY)
    assert outcome.status == 1
    raw = outcome.folder / "raw" / "bench_tiny_hot-32-100-1250-bad-callgrind.out"
    assert outcome.err.startswith("count: failed: bad: bench_tiny_hot 32 100 2500: callgrind: exit "
                                  f"status 3: raw/{raw.name}; and 1 more")
    assert "why" in raw.read_text()
    assert lines(outcome)["instructions"]["a"] == "20" and lines(outcome)["instructions"]["b"] == ""


def test_too_long_under_a_tool(lab):
    lab.variant("bad", f"[ $BENCH_LATENCY ] && sleep 9; {BODY % 1_000_000}")
    outcome = counted(lab, "quick", "bad", *TINY, "--timeout", "1", "--reps", "1")
    assert outcome.status == 1 and "callgrind: no result within 1 s" in outcome.err


def test_strace_may_not_trace(lab, tool_folder):
    (tool_folder / "strace").write_text(
        "#!/bin/sh\necho 'strace: attach: ptrace: Operation not permitted' >&2; exit 1\n")
    outcome = counted(lab, "quick", "slow", *TINY)
    assert outcome.status == 1
    assert ": strace: attach: ptrace: Operation not permitted: raw/" in outcome.err


def test_a_variant_that_does_not_work(lab):
    """Its rows are not counted, of the other variant either."""
    lab.variant("bad", "exit 1")
    outcome = counted(lab, "quick", "bad", *TINY)
    assert outcome.status == 1 and "sanity run exit status 1" in outcome.err
    assert lab.order() == [] and lines(outcome) == {}


def test_raw_output_of_counts_is_not_kept(lab):
    outcome = counted(lab, "quick", "slow", *TINY, "--reps", "1")
    assert {path.name for path in (outcome.folder / "raw").iterdir()} == {
        f"bench_tiny_hot-32-100-300000-{variant}-1.out" for variant in ("quick", "slow")}


def test_interrupted(lab):
    """The rows that are finished are kept."""
    began = lab.root / "began"
    lab.variant("late", BODY % 100_000_000, bench_vm_mixed=(
        f"[ $BENCH_LATENCY ] && touch {began} && sleep 9; result 1000 '' '' $1"))
    process = lab.start("quick", "late", "--bench", "tiny_hot,vm_mixed", "--reps", "1",
                        command="count")
    try:
        deadline = time.monotonic() + 30
        while not began.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert began.exists()
        first = (lab.root / "out" / "counts.csv").read_text()
        assert "bench_tiny_hot" in first and "bench_vm_mixed" not in first
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    outcome = lab.outcome(process.returncode, out, err)
    assert outcome.status == 130
    assert outcome.err == f"count: interrupted: the finished rows are in {outcome.folder}\n"
    assert outcome.run["interrupted"] is True and "Interrupted" in outcome.summary
    found = json.loads((outcome.folder / "counts.json").read_text())
    assert [row["program"] for row in found["rows"]] == ["bench_tiny_hot"]


def test_help(lab):
    outcome = counted(lab, "--help")
    assert outcome.status == 0
    for word in ("--times", "--program", "--preload", "--full", "--bench", "--threads", "--out",
                 "--timeout", "examples:", "bazel run //bench:count -- hakmem mi"):
        assert word in outcome.out
    assert "--manifest" not in outcome.out
