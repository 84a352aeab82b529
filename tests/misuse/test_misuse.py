"""Each cell of the table in docs/misuse.md is what the profile does."""

import pytest

from tests.misuse import misuse

TABLE = misuse.parse(misuse.DOC.read_text(encoding="utf-8"))
LIBRARIES = misuse.of_shipped()


def test_the_table_has_every_profile_and_fault():
    assert TABLE.keys() == LIBRARIES.keys(), "bazel run //tests/misuse:update"
    assert all(row.keys() == misuse.FAULTS.keys() for row in TABLE.values())


@pytest.mark.parametrize("profile", LIBRARIES)
@pytest.mark.parametrize("fault", misuse.FAULTS)
def test_a_fault(profile, fault):
    assert str(misuse.run(LIBRARIES[profile], fault)) == TABLE[profile][fault]


def test_hardened_finds_every_fault():
    assert all(cell.startswith(("at once", "later")) for cell in TABLE["hardened"].values())
