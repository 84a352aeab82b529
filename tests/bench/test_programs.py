"""The arguments of the benchmark programs: good ones give one line, others the usage and status 2.

The binaries are those of the variant `system`."""

import re
import subprocess
from pathlib import Path

import pytest

# Run from source, they are where Bazel left them.
BIN = Path("." if Path("larson_system").exists() else
           Path(__file__).absolute().parents[2] / "bazel-bin")

# Program -> its arguments' names, a short run.
PROGRAMS = {
    "larson": ("secs min max chunks rounds seed threads", "0.05 8 128 16 1 12345 2"),
    "bench_random_mixed": ("cycles ws seed", "2000 64 42"),
    "bench_mid_large_mt": ("threads cycles ws seed", "2 2000 64 42"),
    "bench_vm_mixed": ("cycles ws seed", "100 8 42"),
    "bench_tiny_hot": ("size batch cycles", "16 10 100"),
}
WHOLE = [(program, i) for program, (names, _) in PROGRAMS.items()
         for i, name in enumerate(names.split()) if name != "secs"]
ALL = [*WHOLE, ("larson", 0)]
RESULT = re.compile(
    r'RESULT bench=(?P<bench>\w+) params="(?P<params>[^"]*)" ops=(?P<ops>\d+) '
    r"seconds=(?P<seconds>\d+\.\d{6}) ops_per_s=(?P<ops_per_s>\d+) "
    r"peak_rss_kib=(?P<rss>\d+) minor_faults=(?P<faults>\d+) "
    r"user_s=(?P<user>\d+\.\d{6}) sys_s=(?P<sys>\d+\.\d{6})\n")


def run(program: str, args: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run([f"{BIN}/{program}_system", *args], capture_output=True, text=True,
                          timeout=20)


def changed(program: str, index: int, value: str) -> tuple[list[str], str]:
    """The short run with another value of one argument, and that argument's name."""
    names, good = PROGRAMS[program]
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
    assert all(re.fullmatch(r"  \w+ +[\d.]+\.\.\d+", line) for line in ranges)


def measured(program: str, args: list[str]) -> dict[str, str]:
    done = run(program, args)
    assert (done.returncode, done.stderr) == (0, "")
    match = RESULT.fullmatch(done.stdout)
    assert match, done.stdout
    fields = match.groupdict()
    assert fields["bench"] == program
    assert fields["params"] == " ".join(args)
    assert int(fields["ops"]) > 0 and int(fields["ops_per_s"]) > 0 and int(fields["rss"]) > 100
    return fields


@pytest.mark.parametrize("program", PROGRAMS)
def test_result(program):
    args = PROGRAMS[program][1].split()
    fields = measured(program, args)
    if program != "larson":
        ops = {"bench_tiny_hot": 2 * 10 * 100, "bench_mid_large_mt": 2 * 2000}
        assert int(fields["ops"]) == ops.get(program, int(args[0]))
    if float(fields["seconds"]) > 0.01:
        rate = int(fields["ops"]) / float(fields["seconds"])
        assert int(fields["ops_per_s"]) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("program", PROGRAMS)
def test_counts(program):
    names, good = PROGRAMS[program]
    n = len(names.split())
    for args in ([], good.split()[:-1], [*good.split(), "1"]):
        refused(program, args, f"takes {n} arguments, not {len(args)}")


@pytest.mark.parametrize("program, index", ALL)
def test_no_number(program, index):
    for value in ("", "x", "5x", "1,5", "--help", "nan", "inf", "-inf", "1e999", "1 2"):
        args, name = changed(program, index, value)
        refused(program, args, f'{name}: "{value}" is not a')


@pytest.mark.parametrize("program, index", ALL)
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
    assert 0.25 <= float(fields["seconds"]) < 2
    refused("larson", changed("larson", 0, "0.001")[0],
            'secs: "0.001" is not a number in 0.01..3600')
    refused("larson", changed("larson", 0, "3601")[0], 'secs: "3601" is not a number')


def test_larson_sizes():
    done = run("larson", changed("larson", 1, "129")[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("larson: max: 128 is less than min, 129\n")
    measured("larson", changed("larson", 1, "128")[0])


@pytest.mark.parametrize("program", ["larson", "bench_mid_large_mt"])
def test_threads(program):
    index = PROGRAMS[program][0].split().index("threads")
    args, name = changed(program, index, "257")
    refused(program, args, f'{name}: "257" is not a whole number in 1..256')
