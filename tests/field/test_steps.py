"""A fork in a signal handler, behind each instruction of malloc and free in turn: the child can
allocate, and is given no block twice."""

import platform
import subprocess
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import LIBRARIES, compiled

SECONDS = 120
OPERATIONS = ["first", "end", "refill", "flush", "large", "trim", "adopt"]
LEAST_FORKS = 100
BLOCKS = 2000
BLOCKS_HARDENED = 500  # each takes much longer, and fewer are cached

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="wants its trap flag")


@pytest.fixture(scope="module")
def steps(folder) -> Path:
    return compiled(folder / "steps", "steps.c", "-pthread")


def is_right(steps: Path, library: Path, operation: str, way: str) -> None:
    blocks = BLOCKS_HARDENED if library == LIBRARIES["hardened"] else BLOCKS
    done = subprocess.run([steps, operation, way, str(blocks)], env=environment(library), capture_output=True,
                          text=True, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert int(done.stdout.removeprefix("right: ")) >= LEAST_FORKS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_handler_allocates(steps, library, operation):
    is_right(steps, library, operation, "in")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_handler_returns(steps, operation):
    """In the child as well, where the operation goes on."""
    is_right(steps, LIBRARIES["default"], operation, "after")
