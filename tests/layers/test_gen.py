"""The modules of gen/ import only what the docstrings of its rooms list above them."""

from pathlib import Path

import pytest

from tests.layers.order import import_problems, list_problems, listed, rooms_of

GEN = Path(__file__).absolute().parents[2] / "gen"
USERS = ("bazel", "bench", "tests")
ORDERED = {GEN, GEN / "fit", GEN / "explain"}  # the others may say nothing of their order


def test_the_rooms_state_their_order():
    assert ORDERED <= {room for room in rooms_of(GEN) if listed(room)}


@pytest.mark.parametrize("room", [room for room in rooms_of(GEN) if listed(room)],
                         ids=lambda room: room.name)
def test_the_list_is_of_what_is_there(room):
    assert list(list_problems(room)) == []


def test_nothing_is_imported_from_below():
    assert list(import_problems(GEN, USERS)) == []
