"""The modules of bench/ import only what the docstrings of their rooms list above them."""

from pathlib import Path

import pytest

from tests.layers.order import import_problems, list_problems, rooms_of

BENCH = Path(__file__).absolute().parents[2] / "bench"
USERS = ("tests",)
MOST = 15  # files in a room


def test_the_rooms_are_found():
    assert {"lab", "base", "select", "run", "judge", "show", "measure"} <= {
        room.name for room in rooms_of(BENCH)}


@pytest.mark.parametrize("room", rooms_of(BENCH), ids=lambda room: room.name)
def test_the_list_is_of_what_is_there(room):
    assert list(list_problems(room)) == []


def test_nothing_is_imported_from_below():
    assert list(import_problems(BENCH, USERS)) == []


@pytest.mark.parametrize("room", rooms_of(BENCH / "lab"), ids=lambda room: room.name)
def test_a_room_is_small(room):
    files = {path.name for path in room.iterdir() if path.is_file()}
    assert len(files) <= MOST, sorted(files)
