"""What monitors show of a small program, and a dump of its memory would hold."""

from pathlib import Path

import pytest

from tests.compiled import output
from tests.field.conftest import LIBRARIES, compiled

MOST_BEYOND = 100 << 10  # KiB of address space
MOST_WRITABLE = {10: 20 << 10, 0: 20 << 10}  # which count where memory is not overcommitted


@pytest.fixture(scope="module")
def small(folder) -> Path:
    return compiled(folder / "small", "small.c")


def sizes(small: Path, library: Path | None, mib: int, freed: int) -> list[int]:
    return [int(word) for word in output([small, mib, freed], library).split()]


@pytest.mark.parametrize("mib", [0, 10])
def test_a_small_program_is_small(small, library, mib):
    whole, writable, _ = sizes(small, library, mib, 0)
    usual, usual_writable, _ = sizes(small, None, mib, 0)
    assert whole <= usual + MOST_BEYOND and writable <= usual_writable + MOST_WRITABLE[mib]


def test_what_was_large_once(small, library):
    """500 MiB were used."""
    whole, _, resident = sizes(small, library, 10, 500)
    usual, _, usual_resident = sizes(small, None, 10, 500)
    assert resident <= usual_resident + (32 << 10)
    assert whole <= usual + MOST_BEYOND, "address space"
