"""The arguments of the benchmark programs: good ones give one line, others the usage and status 2.

The binaries are those of the variant `system`."""

import os
import re
import subprocess
from pathlib import Path

import pytest

# Run from source, they are where Bazel left them.
BIN = Path("." if Path("larson_system").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin")

# Program -> its arguments' names, a short run, the operations of that run if its arguments say so.
PROGRAMS = {
    "larson": ("secs min max chunks rounds seed threads", "0.05 8 128 16 1 12345 2", None),
    "bench_random_mixed": ("cycles ws seed", "2000 64 42", 2000),
    "bench_mid_large_mt": ("threads cycles ws seed", "2 2000 64 42", 2 * 2000),
    "bench_vm_mixed": ("cycles ws seed", "100 8 42", 100),
    "bench_vm_touched": ("cycles ws seed", "100 8 42", 100),
    "bench_tiny_hot": ("size batch cycles", "16 10 100", 2 * 10 * 100),
    "bench_batch": ("size batch cycles order", "64 16 100 random", 2 * 16 * 100),
    "bench_cold": ("cycles ws least most freed seed", "2000 64 16 512 unread 42", 2 * 2000),
    "bench_prodcons": ("threads cycles size seed", "4 2000 1024 42", 2 * 2000 * 2),
    "bench_churn": ("threads generations blocks seed", "2 3 100 42", 2 * 3 * 100 * 2),
    "bench_realloc": ("cycles max seed", "20 65536 42", None),
    "bench_calloc": ("cycles ws seed", "100 8 42", 100),
    "bench_false_sharing": ("threads cycles size", "2 100 16", 2 * 100 * 2 * 2),
    "bench_idle": ("mb seconds", "1 0.1", None),
}
# A run with at least 1000 calls in the sample of latencies, enough for p99.
SAMPLED = {
    "larson": "1.5 8 128 1024 1 12345 2",
    "bench_random_mixed": "6000000 64 42",
    "bench_mid_large_mt": "2 700000 64 42",
    "bench_vm_mixed": "50000 8 42",
    "bench_vm_touched": "10000 8 42",
    "bench_tiny_hot": "16 100 100000",
    "bench_batch": "64 512 12000 random",
    "bench_cold": "1500000 64 16 512 unread 42",
    "bench_prodcons": "2 1000000 1024 42",
    "bench_churn": "2 500 1000 42",
    "bench_realloc": "250000 4096 42",
    "bench_calloc": "6000 8 42",
    "bench_false_sharing": "2 800000 16",
}
# Arguments that are one of some words, and those that may be fractions.
WORDS = {"order": ["fifo", "lifo", "random"], "freed": ["unread", "read"]}
FRACTIONS = ("secs", "seconds")
ALL = [(program, i, name) for program, (names, _, _) in PROGRAMS.items()
       for i, name in enumerate(names.split())]
NUMBERS = [(program, i) for program, i, name in ALL if name not in WORDS]
WHOLE = [(program, i) for program, i, name in ALL if name not in (*WORDS, *FRACTIONS)]
WORDED = [(program, i) for program, i, name in ALL if name in WORDS]
THREADED = [(program, i) for program, i, name in ALL if name == "threads"]
# Ranges that start above 1 or end where the size of a block does, with a value below and above.
RANGES = [
    ("bench_batch", "size", "8..16777216", "7", "16777217"),
    ("bench_batch", "batch", "1..1048576", "0", "1048577"),
    ("bench_cold", "least", "8..16777216", "7", "16777217"),
    ("bench_cold", "most", "8..16777216", "7", "16777217"),
    ("bench_prodcons", "threads", "2..256", "1", "257"),
    ("bench_prodcons", "size", "16..16777216", "15", "16777217"),
    ("bench_churn", "blocks", "2..16777216", "1", "16777217"),
    ("bench_realloc", "max", "64..1073741824", "63", "1073741825"),
    ("bench_false_sharing", "size", "1..65536", "0", "65537"),
    ("bench_idle", "mb", "1..1048576", "0", "1048577"),
    ("bench_idle", "seconds", "0.1..3600", "0.099", "3601"),
]
RESULT = re.compile(
    r'RESULT bench=(?P<bench>\w+) params="(?P<params>[^"]*)" ops=(?P<ops>\d+) '
    r"seconds=(?P<seconds>\d+\.\d{6}) ops_per_s=(?P<ops_per_s>\d+) "
    r"peak_rss_kib=(?P<peak>\d+) rss_kib=(?P<rss>\d+) minor_faults=(?P<faults>\d+) "
    r"user_s=(?P<user>\d+\.\d{6}) sys_s=(?P<sys>\d+\.\d{6})"
    r"(?: p50_ns=(?P<p50>\d+\.\d))?(?: p99_ns=(?P<p99>\d+\.\d))?"
    r"(?: p999_ns=(?P<p999>\d+\.\d))?(?: max_ns=(?P<max>\d+\.\d))?\n")
LATENCIES = ("p50", "p99", "p999", "max")
RSS = re.compile(r"RSS s=(?P<seconds>\d+\.\d) kib=(?P<kib>\d+)\n")
SLACK_KIB = 512  # by which the kernel's counts of resident pages lag behind


def run(program: str, args: list[str], **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([f"{BIN}/{program}_system", *args], capture_output=True, text=True,
                          timeout=20, env={**os.environ, **environment})


def changed(program: str, index: int, value: str) -> tuple[list[str], str]:
    """The short run with another value of one argument, and that argument's name."""
    names, good, _ = PROGRAMS[program]
    args = good.split()
    args[index] = value
    return args, names.split()[index]


def refused(program: str, args: list[str], says: str) -> None:
    done = run(program, args)
    assert (done.returncode, done.stdout) == (2, "")
    first, usage, *ranges = done.stderr.splitlines()
    names = PROGRAMS[program][0]
    assert first.startswith(f"{program}: {says}")
    assert usage == f"usage: {program} {names}"
    assert [line.split()[0] for line in ranges] == names.split()
    for line in ranges:
        name, values = line.split(maxsplit=1)
        assert (values == ", ".join(WORDS[name]) if name in WORDS else
                re.fullmatch(r"[\d.]+\.\.\d+", values)), line


def printed(program: str, args: list[str],
            **environment: str) -> tuple[list[str], dict[str, str]]:
    """The lines before the result, and the result's fields."""
    done = run(program, args, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    *before, line = done.stdout.splitlines(keepends=True)
    match = RESULT.fullmatch(line)
    assert match, done.stdout
    fields = match.groupdict()
    assert fields["bench"] == program
    assert fields["params"] == " ".join(args)
    assert int(fields["ops"]) > 0 and int(fields["ops_per_s"]) > 0
    assert 100 < int(fields["rss"]) <= int(fields["peak"]) + SLACK_KIB
    return before, fields


def measured(program: str, args: list[str], **environment: str) -> dict[str, str]:
    """The result's fields; bench_idle alone prints lines before it."""
    before, fields = printed(program, args, **environment)
    assert all(RSS.fullmatch(line) for line in before)
    assert bool(before) == (program == "bench_idle")
    return fields


@pytest.mark.parametrize("program", PROGRAMS)
def test_result(program):
    _, good, ops = PROGRAMS[program]
    fields = measured(program, good.split())
    if ops is not None:
        assert int(fields["ops"]) == ops
    if float(fields["seconds"]) > 0.01:
        rate = int(fields["ops"]) / float(fields["seconds"])
        assert int(fields["ops_per_s"]) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("program", PROGRAMS)
def test_counts(program):
    names, good, _ = PROGRAMS[program]
    n = len(names.split())
    for args in ([], good.split()[:-1], [*good.split(), "1"]):
        refused(program, args, f"takes {n} arguments, not {len(args)}")


@pytest.mark.parametrize("program, index", NUMBERS)
def test_no_number(program, index):
    for value in ("", "x", "5x", "1,5", "--help", "nan", "inf", "-inf", "1e999", "1 2"):
        args, name = changed(program, index, value)
        refused(program, args, f'{name}: "{value}" is not a')


@pytest.mark.parametrize("program, index", NUMBERS)
def test_range(program, index):
    for value in ("-1", "1e19"):
        args, name = changed(program, index, value)
        refused(program, args, f'{name}: "{value}" is not a')
    args, name = changed(program, index, "0")
    if name != "seed":
        refused(program, args, f'{name}: "0" is not a')
    else:
        measured(program, args)


@pytest.mark.parametrize("program, index", WHOLE)
def test_fraction(program, index):
    for value in ("1.5", "8.000001"):
        args, name = changed(program, index, value)
        refused(program, args, f'{name}: "{value}" is not a whole number in ')


def test_larson_seconds():
    fields = measured("larson", changed("larson", 0, "0.25")[0])
    assert 0.24 < float(fields["seconds"]) < 2  # by the clocks of the threads
    refused("larson", changed("larson", 0, "0.001")[0],
            'secs: "0.001" is not a number in 0.01..3600')
    refused("larson", changed("larson", 0, "3601")[0], 'secs: "3601" is not a number')


def test_larson_sizes():
    done = run("larson", changed("larson", 1, "129")[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("larson: max: 128 is less than min, 129\n")
    measured("larson", changed("larson", 1, "128")[0])


@pytest.mark.parametrize("program, index", THREADED)
def test_threads(program, index):
    args, name = changed(program, index, "257")
    least = 2 if program == "bench_prodcons" else 1
    refused(program, args, f'{name}: "257" is not a whole number in {least}..256')


@pytest.mark.parametrize("program, name, values, below, above", RANGES)
def test_ends_of_ranges(program, name, values, below, above):
    index = PROGRAMS[program][0].split().index(name)
    kind = "number" if name in FRACTIONS else "whole number"
    for value in (below, above):
        refused(program, changed(program, index, value)[0],
                f'{name}: "{value}" is not a {kind} in {values}')


@pytest.mark.parametrize("program, index", WORDED)
def test_words(program, index):
    args, name = changed(program, index, "")
    for value in ("", "0", "fif", "readd", "LIFO", "Unread", "random "):
        args[index] = value
        refused(program, args, f'{name}: "{value}" is not one of {", ".join(WORDS[name])}')
    ops = set()
    for value in WORDS[name]:
        args[index] = value
        ops.add(measured(program, args)["ops"])
    assert len(ops) == 1


def test_prodcons_needs_pairs():
    done = run("bench_prodcons", changed("bench_prodcons", 0, "3")[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bench_prodcons: threads: 3 is not an even number\n"


def test_cold_sizes():
    done = run("bench_cold", changed("bench_cold", 2, "513")[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bench_cold: most: 512 is less than least, 513\n"
    measured("bench_cold", changed("bench_cold", 2, "512")[0])


@pytest.mark.parametrize("program", ["bench_random_mixed", "bench_mid_large_mt", "bench_vm_mixed",
                                     "bench_vm_touched"])
def test_cycles_come_in_pairs(program):
    """One frees, one allocates."""
    names, good, ops = PROGRAMS[program]
    cycles = names.split().index("cycles")
    threads = int(good.split()[0]) if "threads" in names else 1
    args, _ = changed(program, cycles, str(int(good.split()[cycles]) - 1))
    assert int(measured(program, args)["ops"]) == ops
    args[names.split().index("ws")] = "1"
    args[cycles] = "1"
    assert int(measured(program, args)["ops"]) == 2 * threads


def test_idle():
    """A line each tenth of a second for as long as was asked; what it allocated was resident."""
    before, fields = printed("bench_idle", ["8", "0.35"])
    lines = [RSS.fullmatch(line) for line in before]
    times = [float(line["seconds"]) for line in lines]
    assert times == sorted(times) and times[0] == 0 and 0.3 <= times[-1] < 10
    assert 3 <= len(times) <= 5
    assert abs(int(lines[-1]["kib"]) - int(fields["rss"])) <= SLACK_KIB
    assert int(fields["peak"]) > 7 << 10


def test_touched_pages_are_resident():
    """bench_vm_touched writes to each page, bench_vm_mixed to one in sixteen."""
    peaks = [int(measured(f"bench_vm_{kind}", ["300", "32", "42"])["peak"])
             for kind in ("mixed", "touched")]
    assert peaks[1] > peaks[0] + (4 << 10)


@pytest.mark.parametrize("program, args", [
    ("larson", "0.1 8 8 16 16777216 1 2"),
    ("bench_mid_large_mt", "2 20000 1 42"),
    ("bench_prodcons", "2 400000 16 42"),
    ("bench_false_sharing", "2 20000 16"),
])
def test_starting_threads_and_warming_up_are_not_measured(program, args):
    """Each thread's stack and first blocks are some page faults; what is measured needs none."""
    assert int(measured(program, args.split())["faults"]) < 8


def latencies(fields: dict[str, str]) -> list[str]:
    """The names of those that the result has; their values are in order."""
    names = [name for name in LATENCIES if fields[name] is not None]
    values = [float(fields[name]) for name in names]
    assert values == sorted(values)
    assert all(value < float(fields["seconds"]) * 1e9 for value in values)
    return names


@pytest.mark.parametrize("program", SAMPLED)
def test_latencies(program):
    fields = measured(program, SAMPLED[program].split())
    assert set(LATENCIES) - set(latencies(fields)) <= {"p999"}
    assert float(fields["p99"]) > 0


def test_latencies_of_every_program():
    assert set(SAMPLED) == set(PROGRAMS) - {"bench_idle"}


@pytest.mark.parametrize("cycles, names", [
    ("250", []),
    ("750", ["max"]),
    ("2000", ["p50", "max"]),
    ("40000", ["p50", "max"]),
    ("60000", ["p50", "p99", "max"]),
    ("450000", ["p50", "p99", "max"]),
    ("550000", ["p50", "p99", "p999", "max"]),
])
def test_latencies_of_a_small_sample(cycles, names):
    """One in 10,000 calls is timed, of 200 a cycle.  Ten calls or more are longer than each
    percentile that is printed."""
    assert latencies(measured("bench_tiny_hot", ["16", "100", cycles])) == names


@pytest.mark.parametrize("batch, cycles", [("1", "10000000"), ("10", "1000000"), ("65536", "150")])
def test_latencies_of_other_batches(batch, cycles):
    """The calls between two samples are many cycles, or part of one."""
    assert latencies(measured("bench_tiny_hot", ["16", batch, cycles])) == ["p50", "p99", "max"]


@pytest.mark.parametrize("program", SAMPLED)
def test_latencies_off(program):
    args = SAMPLED[program].split()
    fields = measured(program, args, BENCH_LATENCY="off")
    assert latencies(fields) == []
    if program != "larson":
        assert fields["ops"] == measured(program, args, BENCH_LATENCY="on")["ops"]


@pytest.mark.parametrize("value", ["", "0", "OFF", "yes"])
def test_latencies_neither_on_nor_off(value):
    done = run("bench_tiny_hot", ["16", "10", "100"], BENCH_LATENCY=value)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'bench_tiny_hot: BENCH_LATENCY: "{value}" is not one of on, off\n'
