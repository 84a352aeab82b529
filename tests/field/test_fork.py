"""Children made in every way: each can allocate.  test_fork_handlers.py has those with handlers."""

import subprocess
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import compiled

SECONDS = 20
GENERATIONS = 25
MOST_GROWTH_KIB = 8 << 10  # over all of them
NONE = "0 hung, 0 died"
COUNTS = {"fork": 15, "_Fork": 25, "clone": 25, "vfork": 5, "spawn": 5, "handler": 20,
          "inside": 20}
# The C library's malloc does not promise so much: it is left in the middle of a call.
MORE_THAN_THE_C_LIBRARY = [(how, parent) for how in ("_Fork", "clone", "handler", "inside")
                           for parent in ("threads", "ending")] + [("inside", "single"),
                                                                   ("handler", "single")]


@pytest.fixture(scope="module")
def forks(folder) -> Path:
    return compiled(folder / "forks", "forks.c", "-pthread")


@pytest.mark.parametrize("parent", ["single", "threads", "ending"])
@pytest.mark.parametrize("how", list(COUNTS))
def test_a_child_can_allocate(forks, any_library, how, parent):
    if any_library is None and (how, parent) in MORE_THAN_THE_C_LIBRARY:
        pytest.skip("the C library's malloc does not promise it")
    done = subprocess.run([forks, how, parent, str(COUNTS[how])], env=environment(any_library),
                          capture_output=True, text=True, timeout=SECONDS)
    if how == "inside":  # malloc in the middle of malloc: nobody promises more than an end
        assert done.returncode == 0 and done.stdout.startswith("0 hung"), done.stdout
    else:
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, NONE, "")


def test_generations(folder, any_library):
    """What the threads of a parent had in their caches serves the threads of its child."""
    program = compiled(folder / "generations", "generations.c", "-pthread")
    done = subprocess.run([program, str(GENERATIONS)], env=environment(any_library),
                          capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    early, late = map(int, done.stdout.split())
    assert late <= early + MOST_GROWTH_KIB
