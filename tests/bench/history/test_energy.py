"""Where a series changes, against the formulas as they are written down."""

import itertools
import math

import numpy as np
import pytest

from bench.lab.history import energy


def strength(values, t: int, k: int) -> float:
    """q(t, k) as the paper has it, sum by sum."""
    x, y = values[:t], values[t:k]
    a, b = len(x), len(y)

    def within(some) -> float:
        return sum(abs(u - v) for u, v in itertools.combinations(some, 2)) / math.comb(len(some), 2)

    between = sum(abs(u - v) for u in x for v in y) / (a * b)
    return a * b / (a + b) * (2 * between - within(x) - within(y))


def strongest(values, side: int) -> tuple[float, int]:
    n = len(values)
    return max((strength(values, t, k), t) for t in range(side, n - side + 1)
               for k in range(t + side, n + 1))


def step(n: int, at: int, by: float = 5.0, seed: int = 1) -> np.ndarray:
    """Noise of 1 around 0, and around `by` from `at` on."""
    values = np.random.default_rng(seed).normal(0, 1, n)
    values[at:] += by
    return values


@pytest.mark.parametrize("seed", range(5))
def test_the_strongest_split_is_that_of_the_formula(seed):
    """Also if it is not the clearest one, and ends before the series does."""
    values = np.random.default_rng(seed).normal(0, 1, 14)
    values[5:10] += 1
    side = energy.least_side(14, 0.05)
    assert energy.strongest(values, [0, 14], 0.05).at == strongest(values, side)[1]


@pytest.mark.parametrize("seed", range(8))
def test_p_is_the_share_of_all_orders_that_are_so_strong(seed):
    """Of seven values there are 5040 orders; ten that are so strong tell their share roughly."""
    values = np.random.default_rng(seed).normal(0, 1, 7)
    level = 0.06
    side = energy.least_side(7, level)
    most = strongest(values, side)[0]
    share = sum(strongest(order, side)[0] >= most - 1e-9
                for order in itertools.permutations(values)) / math.factorial(7)
    assert energy.strongest(values, [0, 7], level).p == pytest.approx(share, rel=0.8)


def test_p_values_of_nothing_are_even():
    """Any level is kept, whatever the noise looks like."""
    random = np.random.default_rng(1)
    for noise in (random.normal, random.standard_cauchy, random.exponential):
        found = [energy.strongest(noise(size=15), [0, 15], 0.05).p for _ in range(400)]
        for level in (0.05, 0.2, 0.5):
            assert np.mean(np.array(found) <= level) == pytest.approx(level, abs=0.05)


@pytest.mark.parametrize("level, draws", [(0.05, 999), (0.05 / 140, 5600)])
def test_a_clear_step(level, draws):
    """The series itself is one of the orders, so p is never 0; and small enough for the level."""
    found = energy.strongest(step(30, 17, by=8), [0, 30], level)
    assert found.at == 17
    assert found.p == pytest.approx(1 / (draws + 1)) and found.p < level


def test_each_time_the_same():
    values = step(30, 20, by=1)
    assert energy.strongest(values, [0, 30], 0.001) == energy.strongest(values, [0, 30], 0.001)


def test_a_level_that_comes_back():
    """Against the whole rest the middle would hardly stand out."""
    for at, end in ((20, 26), (17, 27)):
        values = step(45, at, by=6)
        values[end:] -= 6
        found = energy.strongest(values, [0, 45], 0.001)
        assert found.at in (at, end) and found.p <= 0.001


def test_within_segments_only():
    """What is known to have changed makes nothing else look like chance, nor like a change."""
    values = step(60, 30, by=50)
    assert energy.strongest(values, [0, 30, 60], 0.01).p > 0.05
    values[45:] += 5
    found = energy.strongest(values, [0, 30, 60], 0.001)
    assert (found.at, found.p <= 0.001) == (45, True)


def test_equal_values():
    """Orders of the same values are as strong as each other, however their sums are rounded."""
    assert energy.strongest(np.full(20, math.log(9.77)), [0, 20], 0.05).p == 1
    values = np.log(np.array([1.1, 1.3] * 8))
    assert energy.strongest(values, [0, 16], 0.05).p > 0.5
    values = np.log(np.array([1.1] * 14 + [1.3] * 2))
    found = energy.strongest(values, [0, 16], 0.05)
    assert found.at == 14
    assert found.p == pytest.approx(2 / 120, rel=0.8), "both at one end, of 120 ways to place two"


def test_how_many_values_tell():
    """So many that the clearest order of the values is rare enough."""
    for n, level in ((8, 0.05), (12, 0.05 / 14), (30, 0.05 / 140), (200, 0.05 / 500)):
        side = energy.least_side(n, level)
        assert 2 / math.comb(n, side) <= level
        assert side == 2 or 2 / math.comb(n, side - 1) > level
    assert energy.least_side(7, 0.05) is None, "2 of 35 orders"
    assert energy.least_values(0.05) == 8
    assert energy.least_values(0.05 / 140) == 15
    assert energy.strongest(step(7, 3), [0, 7], 0.05) is None
    assert energy.strongest(step(30, 28, by=50), [0, 30], 0.05 / 140).p > 0.05 / 140, "two of 30"
