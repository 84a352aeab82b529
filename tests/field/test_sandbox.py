"""A program that forbids itself system calls after it started: by death, or by any errno."""

import errno
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.calls import LATE, ONE_THREAD, PTHREAD_CREATE, THREADS
from tests.field.conftest import compiled

OF_THE_PROGRAM = {"write", "exit_group", "clock_nanosleep"}
ERRORS = [errno.EPERM, errno.ENOSYS, errno.ENOMEM, errno.EINVAL, errno.EFAULT, errno.EEXIST]
NULL = 3  # see work.h
SECONDS = 60


@pytest.fixture(scope="module")
def sandbox(folder) -> Path:
    return compiled(folder / "sandbox", "sandbox.c", "-pthread")


def run(sandbox: Path, library: Path | None, *words: object) -> tuple[int, str]:
    done = subprocess.run([sandbox, *map(str, words)], env=environment(library),
                          capture_output=True, text=True, timeout=SECONDS)
    return done.returncode, done.stdout.strip() + done.stderr.strip()


def only(calls: set[str]) -> list[str]:
    return ["only", ",".join(sorted(calls | OF_THE_PROGRAM))]


@pytest.mark.parametrize("threads, calls", [(0, ONE_THREAD), (2, THREADS)])
def test_dies_of_no_call_that_is_not_in_the_list(sandbox, library, threads, calls):
    """Nor does it start a thread, which would be a further call."""
    assert run(sandbox, library, threads, *only(calls), 0) == (0, "served")


@pytest.mark.parametrize("error", [0, errno.EPERM])
def test_threads_that_start_behind_the_filter(sandbox, library, error):
    """The purge thread is not among them: its further calls would be the end."""
    filter = only(THREADS | PTHREAD_CREATE | LATE)
    assert run(sandbox, library, "late2", *filter, error) == (0, "served")


def test_the_filter_works(sandbox):
    """The C library's malloc calls brk, which hakmem's list lacks."""
    assert run(sandbox, None, 0, *only(ONE_THREAD), 0)[0] == -signal.SIGSYS


@pytest.mark.parametrize("refused", ["others", "mmap", "munmap", "mremap", "madvise", "futex"])
def test_a_refused_call_costs_time_or_memory_but_never_more(sandbox, library, refused):
    """`others` are all that are not in the list.  Without mmap there may be no memory to hand out;
    nothing else may lead to NULL."""
    def outcome(case: tuple[int, int]) -> str | None:
        threads, error = case
        calls = THREADS if threads else ONE_THREAD
        filter = only(calls) if refused == "others" else ["except", refused]
        status, said = run(sandbox, library, threads, *filter, error)
        may_be_null = refused == "mmap" and (status, said) == (NULL, "")
        if (status, said) == (0, "served") or may_be_null:
            return None
        return f"{threads} threads, {errno.errorcode[error]}: {status} {said}"

    # Threads of the program itself cannot wait for each other without futex.
    cases = [(threads, error) for threads in (0, 2) for error in ERRORS
             if not (threads and refused == "futex")]
    with ThreadPoolExecutor(2) as pool:
        wrong = [line for line in pool.map(outcome, cases) if line]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("refused", ["munmap", "mremap", "madvise", "mincore", "clone3"])
def test_the_same_of_the_c_library(sandbox, refused):
    for error in ERRORS:
        assert run(sandbox, None, 2, "except", refused, error) == (0, "served")
