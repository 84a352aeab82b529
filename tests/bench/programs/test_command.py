"""bench/harness/command.c: any program as a load, measured from outside."""

import os
import re
import subprocess
from pathlib import Path

import pytest

COMMAND = Path(__file__).absolute().parents[3] / "bench/harness/command"
RESULT = re.compile(
    r'RESULT bench=command params="" ops=1 seconds=([\d.]+) ops_per_s=[\d.]+ peak_rss_kib=(\d+) '
    r'rss_kib=0 minor_faults=(\d+) user_s=([\d.]+) sys_s=([\d.]+)\n')


def run(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(COMMAND), *words], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


def numbers(*words: str) -> list[float]:
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return [float(word) for word in RESULT.fullmatch(done.stdout).groups()]


def test_what_it_measures():
    took, peak, faults, _, _ = numbers("sleep", "0.2")
    assert 0.2 <= took < 2
    big_took, big_peak, big_faults, user, _ = numbers(
        "python3", "-c", "x = bytearray(64 << 20)\nfor i in range(1000000): pass")
    assert big_peak > peak + (60 << 10) and big_faults > faults + 1000
    assert 0 < user < big_took + 1


def test_the_peak_is_the_programs_own():
    """Not that of the process that starts this one."""
    held = bytearray(100 << 20)
    held[::4096] = b"x" * len(held[::4096])
    assert numbers("true")[1] < 20 << 10


def test_children_count():
    assert numbers("sh", "-c", "python3 -c 'x = bytearray(64 << 20)'; true")[1] > 64 << 10


def test_only_the_program_is_preloaded():
    done = run("sh", "-c", 'test "$LD_PRELOAD" = /nowhere.so && test -z "$BENCH_PRELOAD"',
               BENCH_PRELOAD="/nowhere.so")
    assert done.returncode == 0 and "RESULT" in done.stdout


@pytest.mark.parametrize("words, status, says", [
    (["false"], 1, "command: false: exit status 1"),
    (["sh", "-c", "kill -SEGV $$"], 139, "command: sh: ended by signal 11"),
    (["sh", "-c", "exit 5"], 5, "command: sh: exit status 5"),
    (["hakmem-no-such-program"], 127, "hakmem-no-such-program: No such file or directory"),
    ([], 2, "usage: command PROGRAM ARG..."),
])
def test_what_fails(words, status, says):
    done = run(*words)
    assert (done.returncode, done.stdout) == (status, "") and says in done.stderr


def test_output_is_dropped():
    assert numbers("sh", "-c", "echo noise; cat")
