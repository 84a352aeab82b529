"""What hakmem asks of the kernel, traced: the list of docs/usage.md, and no more."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.compiled import environment
from tests.field import calls
from tests.field.conftest import LIBRARIES, compiled, need

SECONDS = 60
MARK = "getppid"
# `[pid 12] [00007f12] madvise(0x...`, the number in front only where there are several threads.
LINE = re.compile(r"^(?:\[pid +)?(\d+)?\]? *\[([0-9a-f]+)\] (\w+)\(", re.MULTILINE)


class Trace(NamedTuple):
    before: set[str]  # hakmem's own, before main
    start: set[str]  # its own from there to the first mark: of threads, and the purge thread's
    between: set[str]  # everybody's between the marks
    everybody: set[str]  # everybody's before main


@pytest.fixture(scope="module")
def marked(folder) -> Path:
    return compiled(folder / "marked", "marked.c", "-pthread")


def traced(marked: Path, library: Path | None, threads: int) -> Trace:
    """A call is hakmem's own if it is made from the library's code."""
    log = marked.parent / "trace"
    strace = need("strace", "strace")
    setting = ["-E", f"LD_PRELOAD={library}"] if library else []
    done = subprocess.run([strace, "-f", "-i", "-o", log, *setting, marked, str(threads)],
                          env=environment(), capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    parts = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()
             if len(line.split()) == 3}
    first, last = (int(x, 16) for x in parts.get(str(library), ["0", "0"]))
    made = [(int(at, 16), name) for _, at, name in LINE.findall(log.read_text())]
    names = [name for _, name in made]
    begin = names.index(MARK)
    end = names.index(MARK, begin + 1)
    main = names.index("write")  # of where the libraries lie
    own = [(i, name) for i, (at, name) in enumerate(made) if first <= at < last]
    return Trace({name for i, name in own if i < main},
                 {name for i, name in own if main < i < begin}, set(names[begin + 1:end]),
                 set(names[:main]))


def test_before_main(marked, profile):
    allowed = calls.BEFORE_MAIN_LOW_RSS if profile == "low-rss" else calls.BEFORE_MAIN
    before = traced(marked, LIBRARIES[profile], 0).before
    assert before and before <= allowed


def test_before_main_by_the_c_library(marked, profile):
    """Whatever was asked of it."""
    usual = traced(marked, None, 0).everybody
    asked = traced(marked, LIBRARIES[profile], 0).everybody - usual
    assert asked <= (calls.BEFORE_MAIN_HARDENED if profile == "hardened"
                     else calls.BEFORE_MAIN_LOW_RSS if profile == "low-rss" else calls.BEFORE_MAIN)


def test_one_thread(marked, library):
    trace = traced(marked, library, 0)
    assert trace.between and trace.between <= calls.ONE_THREAD


def test_threads(marked, library):
    trace = traced(marked, library, 3)
    assert trace.start <= calls.THREADS | calls.PURGE_THREAD | calls.PTHREAD_CREATE
    assert trace.between <= calls.THREADS


def test_the_program_itself_makes_no_calls_between_the_marks(marked):
    """Those of the C library's malloc would be seen."""
    assert traced(marked, None, 0).between <= {"brk", "mmap", "munmap", "mremap", "madvise"}


def documented() -> str:
    """The table of docs/usage.md between the two comments."""
    text = Path("docs/usage.md").read_text()
    found = re.search(r"<!-- system calls: begin -->(.*)<!-- system calls: end -->", text, re.S)
    assert found, "docs/usage.md has no table of system calls between its comments"
    return found[1]


@pytest.mark.parametrize("when, names", [
    ("before `main`", calls.BEFORE_MAIN_LOW_RSS | calls.BEFORE_MAIN_HARDENED), ("afterwards", calls.ONE_THREAD),
    ("in a program with threads", calls.THREADS - calls.ONE_THREAD),
    ("when its second thread allocates", calls.PURGE_THREAD | {"rt_sigprocmask"})])
def test_the_documentation_says_the_same(when, names):
    row, = (line for line in documented().splitlines() if line.startswith(f"| {when}"))
    assert names <= set(re.findall(r"\w+", row.split("|")[2])), row
