"""The smallest part of a set that still has a property."""

import itertools

import pytest

from bench.lab.bisect.ddmin import minimize

ITEMS = list("abcdefghij")


@pytest.mark.parametrize("culprits", [
    *itertools.combinations(ITEMS, 1), *itertools.combinations(ITEMS, 2), tuple("adgj"),
    tuple(ITEMS)], ids="".join)
def test_what_takes_all_of_them(culprits):
    assert minimize(ITEMS, lambda part: set(culprits) <= set(part)) == list(culprits)


def test_one_of_ten_takes_few_tests():
    asked = []
    minimize(ITEMS, lambda part: asked.append(part) or "g" in part)
    assert len(asked) <= 8


def test_two_of_sixteen_take_tens_of_tests():
    """Parts that were left out stay out, and what is left is not halved from the start again."""
    items = list("abcdefghijklmnop")
    for pair in itertools.combinations(items, 2):
        asked = []
        minimize(items, lambda part: asked.append(part) or set(pair) <= set(part))
        assert len(asked) <= 44


def test_any_of_two_is_enough():
    assert minimize(ITEMS, lambda part: "b" in part or "i" in part) in (["b"], ["i"])


def test_a_single_one_needs_no_test():
    assert minimize(["a"], lambda part: pytest.fail("asked")) == ["a"]


def test_the_result_needs_each_of_its_members():
    """A property that is not monotone: three of four, or all."""
    def has(part):
        return len(set("aceg") & set(part)) in (3, 4)

    found = minimize(ITEMS, has)
    assert has(found) and not any(has([one for one in found if one != other]) for other in found)


def test_what_is_left_is_told_on_the_way():
    told = []
    minimize(ITEMS, lambda part: {"a", "j"} <= set(part),
             lambda left, together: told.append(("".join(left), together)))
    assert told[0] == ("abcdefghij", True)
    assert told[-1] == ("aj", True) or told[-2:] == [("aj", False), ("aj", True)]
    assert len({text for text, _ in told}) > 2
