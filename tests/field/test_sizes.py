"""What monitors show of a small program, and a dump of its memory would hold."""

from pathlib import Path

import pytest

from tests.compiled import output
from tests.field.conftest import LIBRARIES, compiled

MOST_BEYOND = 16 << 10  # KiB of address space, and of what counts where memory is not overcommitted
MOST_OF_REGIONS = 32 << 10
MAPPED_AHEAD = 64 << 10  # of a large heap
RESIDENT_BEYOND = 32 << 10  # of a program that has freed much


@pytest.fixture(scope="module")
def small(folder) -> Path:
    return compiled(folder / "small", "small.c")


def sizes(small: Path, library: Path | None, mib: int, freed: int) -> list[int]:
    return [int(word) for word in output([small, mib, freed], library).split()]


def beyond(library: Path) -> int:
    return MOST_OF_REGIONS if library == LIBRARIES["lookup-region"] else MOST_BEYOND


@pytest.mark.parametrize("mib", [0, 10])
def test_a_small_program_is_small(small, library, mib):
    whole, writable, _ = sizes(small, library, mib, 0)
    usual, usual_writable, _ = sizes(small, None, mib, 0)
    assert whole <= usual + beyond(library) and writable <= usual_writable + beyond(library)


def test_what_was_large_once(small, library):
    """500 MiB were used."""
    whole, _, resident = sizes(small, library, 10, 500)
    usual, _, usual_resident = sizes(small, None, 10, 500)
    assert resident <= usual_resident + RESIDENT_BEYOND
    assert whole <= usual + MAPPED_AHEAD + beyond(library), "address space"
