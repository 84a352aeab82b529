"""pairs.py: few assignments, all valid, that hold whatever can be held."""

import itertools

import pytest

from tests.corners.pairs import Parameters, choices, completed, cover, held


def parameters(counts, refused=lambda assignment: None, idle=lambda assignment: {}, corners=None):
    counts = dict(zip("abcdefghijklmnop", counts))
    return Parameters(
        counts=counts,
        corners=corners or {name: range(count) for name, count in counts.items()},
        default={name: 0 for name in counts},
        refused=refused,
        idle=idle,
    )


def missing(made, of):
    return set(choices(of)) - {choice for one in made for choice in held(one, of)}


@pytest.mark.parametrize("counts", [(2, 2), (3, 3, 3, 3), (5, 4, 3, 2, 2, 2), (3,) * 13])
def test_every_pair_is_held_by_few(counts):
    of = parameters(counts)
    made, impossible = cover(of, [], 0)
    assert not missing(made, of) and not impossible
    first, second = sorted(counts)[-2:]
    assert first * second <= len(made) <= first * second * 3


def test_the_same_in_every_run():
    of = parameters((4, 3, 3, 2, 2))
    assert cover(of, [], 30) == cover(of, [], 30)
    assert len(cover(of, [], 30)[0]) == 30


def test_what_is_held_already_is_not_made_again():
    of = parameters((3, 3))
    every = [{"a": i, "b": j} for i, j in itertools.product(range(3), repeat=2)]
    assert cover(of, every, 0) == ([], set())
    assert cover(of, every[1:], 0)[0] == every[:1]


def test_values_that_are_no_corner_occur_once():
    of = parameters((6, 2), corners={"a": [0, 5], "b": [0, 1]})
    made, _ = cover(of, [], 0)
    assert {one["a"] for one in made} == set(range(6))
    assert len(made) == 8


def test_refused_assignments_are_made_valid():
    """b above 0 needs c above 0, which needs a to be 2."""

    def refused(assignment):
        if assignment["b"] and not assignment["c"]:
            return ["b", "c"]
        if assignment["c"] and assignment["a"] != 2:
            return ["a", "c"]
        return None

    of = parameters((3, 2, 2, 3), refused)
    made, impossible = cover(of, [], 0)
    assert all(refused(one) is None for one in made)
    assert missing(made, of) == impossible
    names = lambda *pairs: {frozenset(pair) for pair in pairs}  # noqa: E731
    assert impossible == names(
        [("a", 0), ("b", 1)], [("a", 1), ("b", 1)], [("a", 0), ("c", 1)], [("a", 1), ("c", 1)],
        [("b", 1), ("c", 0)],
    )
    assert completed(frozenset([("b", 1)]), of, of.default) == {"a": 2, "b": 1, "c": 1, "d": 0}


def test_values_without_effect_are_not_held():
    """a has an effect only with b at 0."""
    of = parameters((3, 2, 3), idle=lambda one: {"a": ["b"]} if one["b"] else {})
    made, impossible = cover(of, [], 0)
    with_effect = [one for one in made if one["b"] == 0]
    pairs = {(one["a"], one["c"]) for one in with_effect}
    assert pairs == set(itertools.product(range(3), repeat=2))
    assert impossible == {frozenset([("a", i), ("b", 1)]) for i in range(3)}
