"""The modules of gen/ import only what the docstrings of its rooms list above them."""

from pathlib import Path

import pytest

from tests.layers.order import import_problems, list_problems, listed, rooms_of

GEN = Path(__file__).absolute().parents[2] / "gen"
USERS = ("bazel", "bench", "tests")


def test_the_rooms_state_their_order():
    assert len(rooms_of(GEN)) > 4 and all(map(listed, rooms_of(GEN)))


@pytest.mark.parametrize("room", rooms_of(GEN), ids=lambda room: room.name)
def test_the_list_is_of_what_is_there(room):
    assert list(list_problems(room)) == []


def test_nothing_is_imported_from_below():
    assert list(import_problems(GEN, USERS)) == []
