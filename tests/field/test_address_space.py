"""Limits of address space and of data, set before the start or by the program itself."""

import resource
import subprocess
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import compiled

MIB = 600  # more than eight thread stacks and the malloc arenas of the C library
RESOURCES = {"as": resource.RLIMIT_AS, "data": resource.RLIMIT_DATA}
SECONDS = 60


@pytest.fixture(scope="module")
def limits(folder) -> Path:
    return compiled(folder / "limits", "limits.c", "-pthread")


@pytest.mark.parametrize("when", ["early", "late"])
@pytest.mark.parametrize("kind", RESOURCES)
def test_beyond_is_null_and_below_is_memory(limits, any_library, kind, when):
    """The C library's malloc has one arena for each thread, whose address space it keeps."""
    def enter() -> None:
        resource.setrlimit(RESOURCES[kind], (MIB << 20, MIB << 20))

    early = when == "early"
    words = [limits, kind, str(MIB), *(["early"] if early else [])]
    done = subprocess.run(words, preexec_fn=enter if early else None, timeout=SECONDS,
                          env=environment(any_library), capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "limited", "")
