"""Circles and steps up are found where they are, and nowhere else."""

from tests.layers.graph import circle, upward


def test_a_circle_is_named_in_its_order():
    assert circle({"a": ["b"], "b": ["c"], "c": ["d", "b"], "d": []}) == ["b", "c", "b"]
    assert circle({"x": ["y"], "y": ["z"], "z": ["x"]}) == ["x", "y", "z", "x"]


def test_two_ways_to_one_place_are_no_circle():
    assert circle({"a": ["b", "c"], "b": ["d"], "c": ["d", "c"], "d": []}) == []


def test_steps_up():
    graph = {"roof": ["room", "cellar"], "room": ["cellar", "room"], "cellar": ["room"]}
    assert upward(graph, {"roof": 2, "room": 1, "cellar": 0}) == [("cellar", "room")]
