"""The centre of paired differences: scipy's test, brute force, and an interval that agrees."""

import itertools
import math
import random

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.stats import signed_ranks
from bench.lab.stats.signed_ranks import SignedRanks, chance_of_at_most

# Differences that vary alike to both sides of 0.
NOISE = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "flat": lambda rng, n: rng.uniform(-1, 1, n),
    "outliers": lambda rng, n: rng.standard_t(2, n),
    "two levels": lambda rng, n: rng.choice([-1.0, 1.0], n),
    "whole numbers": lambda rng, n: np.round(2 * rng.standard_normal(n)),
    "mostly zero": lambda rng, n: rng.choice([-1.0, 0.0, 0.0, 0.0, 1.0], n),
}


def some(seed: int, n: int, whole: bool = False) -> list[float]:
    """Sums of two are exact, so that a test may ask for the very values of an interval."""
    rng = random.Random(seed)
    return [float(rng.randint(-3, 4)) if whole else rng.randint(-4000, 6000) / 64 for _ in range(n)]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 9, 15, 24])
def test_the_test_is_scipys(n):
    """Of values without ties and zeros, one-sided both ways and two-sided."""
    for seed in range(20):
        values = some(seed, n)
        if 0 in values or len({abs(value) for value in values}) < n:
            continue
        found = SignedRanks(values)
        for of, alternative in ((found.p_above(0), "greater"), (found.p_below(0), "less"),
                                (found.p_outside(0, 0), "two-sided")):
            assert of == pytest.approx(scipy_stats.wilcoxon(
                values, alternative=alternative, method="exact").pvalue)


@pytest.mark.parametrize("n", range(1, 11))
def test_the_distribution_is_that_of_all_signs(n):
    sums = [sum(rank for rank, sign in enumerate(signs, 1) if sign)
            for signs in itertools.product((0, 1), repeat=n)]
    for t in range(-1, n * (n + 1) // 2 + 3):
        assert chance_of_at_most(t, n) == pytest.approx(sum(one <= t for one in sums) / 2 ** n)


def test_many_values_are_as_many_more():
    """Above the exact distribution comes the normal one, and the two meet."""
    n = signed_ranks.EXACT
    for share in (0.3, 0.42, 0.5, 0.6):
        t = int(share * n * (n + 1) / 2)
        exact = chance_of_at_most(t, n)
        mean, spread = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        assert exact == pytest.approx(scipy_stats.norm.cdf((t + 0.5 - mean) / spread), abs=2e-4)
    rng = np.random.default_rng(1)
    values = 0.1 + rng.standard_normal(n + 50)
    assert SignedRanks(values).p_outside(0, 0) == pytest.approx(
        scipy_stats.wilcoxon(values, correction=True, method="approx").pvalue, rel=0.02)
    low, high = SignedRanks(values).interval(0.05)
    assert low < 0.1 < high and high - low < 0.35


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n", [1, 2, 5, 6, 7, 9, 12, 20])
def test_interval_and_test_never_disagree(n, whole):
    """A centre lies in the interval if, and only if, the test does not reject it: ties and zeros
    included, at each end and between all values."""
    for seed, alpha in itertools.product(range(6), (0.3, 0.05, 0.01, 0.0037)):
        values = some(seed, n, whole)
        found = SignedRanks(values)
        low, high = found.interval(alpha)
        assert low <= found.centre <= high
        means = sorted({(a + b) / 2 for a in values for b in values})
        between = [(a + b) / 2 for a, b in zip(means, means[1:])]
        for centre in [means[0] - 1, *means, *between, means[-1] + 1]:
            assert (low <= centre <= high) == (found.p_outside(centre, centre) > alpha)
        if math.isinf(low):
            assert found.least_p > alpha and math.isinf(high)


def test_the_estimate_is_the_median_of_all_means():
    for seed in range(20):
        values = some(seed, 7)
        means = [(a + b) / 2 for i, a in enumerate(values) for b in values[i:]]
        assert SignedRanks(values).centre == np.median(means)


def test_the_order_and_the_sign_do_not_matter():
    values = some(3, 11)
    there, back = SignedRanks(values), SignedRanks([-value for value in reversed(values)])
    assert back.centre == -there.centre
    assert back.interval(0.05) == tuple(-end for end in reversed(there.interval(0.05)))
    assert back.p_above(2) == there.p_below(-2)
    assert back.p_outside(-1, 3) == there.p_outside(-3, 1)
    assert back.p_inside(-1, 3) == there.p_inside(-3, 1)


def test_ties_count_against_rejection():
    """What equals the tested centre speaks for neither side."""
    found = SignedRanks([0.0] * 5 + [1.0] * 4)
    assert found.p_above(0) > SignedRanks([0.1] * 5 + [1.0] * 4).p_above(0)
    assert SignedRanks([0.0] * 9).p_outside(0, 0) == 1
    assert SignedRanks([0.0] * 9).interval(0.01) == (0, 0)
    assert SignedRanks([0.0] * 9).p_inside(-1, 1) == pytest.approx(1 / 2 ** 9)
    assert SignedRanks([0.0] * 9).p_inside(0, 0) == 1


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("n", [6, 9, 15])
def test_coverage(noise, n):
    """The 95 % interval holds the true centre in 95 % of the samples, or more."""
    rng, trials = np.random.default_rng(17 + n), 1500
    held = 0
    for _ in range(trials):
        low, high = SignedRanks(NOISE[noise](rng, n)).interval(0.05)
        held += low <= 0 <= high
    assert held / trials >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / trials)
    if noise in ("normal", "flat", "outliers"):
        assert held / trials <= 0.985, "it is no wider than it must be"


@pytest.mark.parametrize("noise", NOISE)
def test_equality_is_seldom_said_of_what_is_apart(noise):
    """At the very edge of what is called the same, in at most 5 %; well inside in most."""
    rng, trials = np.random.default_rng(5), 1000
    edge = inside = 0
    for _ in range(trials):
        values = NOISE[noise](rng, 15)
        edge += SignedRanks(values + 2).p_inside(-2, 2) <= 0.05
        inside += SignedRanks(values).p_inside(-2, 2) <= 0.05
    assert edge / trials <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    assert inside / trials >= 0.8


@pytest.mark.parametrize("values, low, high, p", [
    ([5.0] * 9, -1, 1, 2 / 2 ** 9), ([0.5] * 9, -1, 1, 1.0), ([-5.0] * 9, -1, 1, 2 / 2 ** 9),
    ([1.0] * 9, -1, 1, 1.0), ([-0.5] * 9, -1, 1, 1.0)])
def test_a_difference_is_one_from_all_that_is_asked_about(values, low, high, p):
    assert SignedRanks(values).p_outside(low, high) == pytest.approx(p)


def test_the_least_p_is_that_of_values_on_one_side():
    for n in range(1, 14):
        found = SignedRanks([1.0 + i for i in range(n)])
        assert found.least_p == found.p_outside(0, 0) == pytest.approx(2 / 2 ** n)
        low, high = found.interval(2 / 2 ** n)
        assert (low, high) == (1, n), "the widest interval is from the least to the greatest"
        assert found.interval(0.99 * 2 / 2 ** n) == (-math.inf, math.inf)
