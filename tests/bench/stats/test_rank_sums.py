"""Two samples that are no pairs: scipy's test, brute force, and an interval that agrees."""

import itertools
import math
import random

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.stats import rank_sums
from bench.lab.stats.rank_sums import RankSums

SIZES = [(1, 1), (1, 5), (2, 3), (3, 3), (4, 7), (7, 4), (9, 15), (12, 12)]


def some(seed: int, n: int, whole: bool = False) -> list[float]:
    rng = random.Random(seed)
    return [float(rng.randint(-2, 4)) if whole else rng.randint(-4000, 6000) / 64 for _ in range(n)]


@pytest.mark.parametrize("n, m", SIZES)
def test_the_test_is_scipys(n, m):
    for seed in range(20):
        first, second = some(seed, n), some(seed + 100, m)
        if len({*first, *second}) < n + m:
            continue
        found = RankSums(first, second)
        for of, alternative in ((found.p_above(0), "greater"), (found.p_below(0), "less"),
                                (found.p_outside(0, 0), "two-sided")):
            assert of == pytest.approx(scipy_stats.mannwhitneyu(
                second, first, alternative=alternative, method="exact").pvalue)


@pytest.mark.parametrize("n, m", [(1, 1), (1, 4), (3, 3), (4, 2), (3, 5)])
def test_the_distribution_is_that_of_all_orders(n, m):
    """All ways to choose which ranks the second sample has."""
    counts = [sum(second > first for second in chosen for first in range(n + m)
                  if first not in chosen) for chosen in itertools.combinations(range(n + m), m)]
    for u in range(n * m + 1):
        # so many of the differences are not above 0
        values = sorted(counts)
        expected = sum(one <= u for one in values) / len(values)
        assert rank_sums._chance_of_at_most(u, n, m) == pytest.approx(expected)


@pytest.mark.parametrize("n, m", [(3, 40), (40, 60), (63, 63)])
def test_the_tails_of_large_samples_are_right(n, m):
    """Where the exact distribution is used last, and beside the normal one."""
    assert n * m <= rank_sums.EXACT
    mean, spread = n * m / 2, math.sqrt(n * m * (n + m + 1) / 12)
    assert rank_sums._chance_of_at_most(0, n, m) == pytest.approx(1 / math.comb(n + m, n), rel=1e-6)
    for z in (-2.6, -1.96, -1, 0, 1):
        u = math.floor(mean + z * spread)
        assert rank_sums._chance_of_at_most(u, n, m) == pytest.approx(
            scipy_stats.norm.cdf((u + 0.5 - mean) / spread), abs=0.003 if n > 3 else 0.03)


def test_more_than_that_is_normal():
    rng = np.random.default_rng(2)
    first, second = rng.standard_normal(70), 0.3 + rng.standard_normal(80)
    found = RankSums(first, second)
    assert 70 * 80 > rank_sums.EXACT
    assert found.p_outside(0, 0) == pytest.approx(scipy_stats.mannwhitneyu(
        second, first, method="asymptotic").pvalue, rel=0.01)
    low, high = found.interval(0.05)
    assert (found.p_outside(low, low) > 0.05) and found.p_outside(low - 0.05, low - 0.05) < 0.06
    assert low < 0.3 < high and high - low < 0.8


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n, m", SIZES)
def test_interval_and_test_never_disagree(n, m, whole):
    for seed, alpha in itertools.product(range(6), (0.3, 0.05, 0.01)):
        first, second = some(seed, n, whole), some(seed + 100, m, whole)
        found = RankSums(first, second)
        low, high = found.interval(alpha)
        assert low <= found.centre <= high
        shifts = sorted({b - a for a in first for b in second})
        between = [(a + b) / 2 for a, b in zip(shifts, shifts[1:])]
        for shift in [shifts[0] - 1, *shifts, *between, shifts[-1] + 1]:
            assert (low <= shift <= high) == (found.p_outside(shift, shift) > alpha)


def test_the_estimate_is_the_median_of_all_differences():
    first, second = some(1, 6), some(2, 9)
    assert RankSums(first, second).centre == np.median([b - a for a in first for b in second])
    assert RankSums([1, 2, 3], [11, 12, 13]).centre == 10


def test_the_other_way_round():
    first, second = some(1, 6), some(2, 9)
    there, back = RankSums(first, second), RankSums(second, first)
    assert back.centre == -there.centre
    assert back.interval(0.05) == tuple(-end for end in reversed(there.interval(0.05)))
    assert back.p_above(2) == pytest.approx(there.p_below(-2))
    assert back.p_inside(-1, 30) == pytest.approx(there.p_inside(-30, 1))


@pytest.mark.parametrize("n, m", [(4, 6), (9, 9)])
def test_coverage_and_false_positives(n, m):
    """Also where values tie."""
    rng, trials = np.random.default_rng(n), 1500
    most = 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    for draw in (lambda k: rng.standard_normal(k), lambda k: rng.integers(0, 3, k).astype(float)):
        missed = tests = equal = 0
        for _ in range(trials):
            found = RankSums(draw(n), draw(m))
            low, high = found.interval(0.05)
            missed += not low <= 0 <= high
            tests += found.p_outside(0, 0) <= 0.05
            equal += RankSums(draw(n), draw(m) + 1).p_inside(-1, 1) <= 0.05
        assert missed == tests and tests / trials <= most and equal / trials <= most


def test_one_or_two_values_tell_nothing():
    """However many the other sample has; three and enough others can be sure."""
    for n, m in ((1, 39), (2, 39), (39, 2)):
        assert RankSums([1.0] * n, [2.0] * m).least_p == 1
    assert rank_sums.least_p(3, 3) == pytest.approx(0.1)
    for n, m in ((3, 3), (4, 4), (5, 9)):
        apart = RankSums([float(i) for i in range(n)], [100.0 + i for i in range(m)])
        assert apart.least_p == pytest.approx(apart.p_outside(0, 0))
