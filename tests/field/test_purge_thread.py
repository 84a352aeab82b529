"""The thread that gives memory back is no part of the program: not in what it schedules, signals,
counts, or waits for."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import compiled

SECONDS = 20


@pytest.fixture(scope="module")
def purger(folder) -> Path:
    return compiled(folder / "purger", "purger.c", "-pthread")


@pytest.mark.parametrize("case", ["single", "scheduling", "signals", "users", "main-ends-first",
                                  "joined"])
def test_is_no_part_of_the_program(purger, any_library, case):
    start = time.monotonic()
    done = subprocess.run([purger, case], env=environment(any_library), capture_output=True,
                          text=True, timeout=SECONDS)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "right", "")
    assert time.monotonic() - start < 6
