"""A program that ends by SIGSEGV, however it comes by it, ends so with every profile."""

import signal
import subprocess

import pytest

from tests.compiled import environment
from tests.field.conftest import compiled


@pytest.fixture(scope="module")
def fault(folder):
    return compiled(folder / "fault", "fault.c")


@pytest.mark.parametrize("how", ["raise", "kill", "null"])
def test_it_ends(fault, any_library, how):
    done = subprocess.run([fault, how], env=environment(any_library), capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (-signal.SIGSEGV, "")
