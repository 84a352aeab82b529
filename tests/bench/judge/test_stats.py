"""The intervals: they find a real difference and seldom one that is not there."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.judge import stats

# Noise of a run's speed; the last two are what machines do: slow runs now and then, rare outliers.
NOISE = {
    "normal": lambda rng, n: 0.02 * rng.standard_normal(n),
    "slow at times": lambda rng, n: -0.02 * rng.exponential(size=n),
    "outliers": lambda rng, n: 0.01 * rng.standard_t(2, size=n),
}


def by_round(values) -> dict[int, float]:
    return {i + 1: float(value) for i, value in enumerate(values)}


def leaves_out_1(ratio: stats.Estimate) -> bool:
    """The interval alone, whether or not there are enough runs for a verdict."""
    return not ratio.low <= 1 <= ratio.high


def found(noise: str, n: int, faster: float, trials: int) -> float:
    """The share of comparisons that call a difference, each round with a slowness of its own."""
    rng = np.random.default_rng(20240607 + n)
    draw = NOISE[noise]
    count = 0
    for _ in range(trials):
        both = draw(rng, n)
        a = faster * 1e8 * np.exp(draw(rng, n) + both)
        b = 1e8 * np.exp(draw(rng, n) + both)
        count += leaves_out_1(stats.ratio(by_round(a), by_round(b)))
    return count / trials


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("n", range(1, 10))
def test_a_against_a(noise, n):
    """5 % are meant; resampling 5 to 7 rounds calls 6 to 7 % (of 4000) a difference."""
    assert found(noise, n, 1, 1000) <= 0.08


@pytest.mark.parametrize("n", [3, 5, 7, 9])
def test_three_percent(n):
    rng = np.random.default_rng(n)
    for _ in range(50):
        a = 1.03e8 * np.exp(0.002 * rng.standard_normal(n))
        b = 1e8 * np.exp(0.002 * rng.standard_normal(n))
        ratio = stats.ratio(by_round(a), by_round(b))
        assert leaves_out_1(ratio) and ratio.excludes(1) == (n >= 6)
        assert ratio.low <= ratio.value <= ratio.high
        assert ratio.value == pytest.approx(np.median(a) / np.median(b))
        assert ratio.value == pytest.approx(1.03, rel=0.008)


def test_a_slow_round_is_slow_for_both():
    """Rounds ten times slower than others hide nothing."""
    slow = np.array([1, 10, 1, 3, 1, 5, 1, 2, 1])
    noise = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5]) * 1e-4
    a = by_round(1.03e8 / slow * (1 + noise))
    b = by_round(1e8 / slow)
    assert stats.ratio(a, b).value == pytest.approx(1.03, rel=1e-3)


def test_one_round_shows_nothing():
    assert stats.ratio({1: 5.0}, {1: 1.0}) == stats.Estimate(5, 0, math.inf, False)
    assert stats.median([5.0]) == stats.Estimate(5, 0, math.inf, False)


def test_least_numbers_of_runs():
    """The fewest of which scipy's own tests, at their clearest, find a difference."""
    assert stats.LEAST_PAIRS == 6
    for n in range(2, 12):
        clear = scipy_stats.wilcoxon([float(x) for x in range(1, n + 1)], method="exact").pvalue
        assert stats.enough_pairs(n) == (clear <= 0.05), n
        for m in range(2, 8):
            apart = scipy_stats.mannwhitneyu(range(n), range(100, 100 + m), method="exact").pvalue
            assert stats.enough_apart(n, m) == (apart <= 0.05 and m > 2 < n), (n, m)
    assert not stats.enough_pairs(1) and not stats.enough_apart(2, 39)


def test_interval_of_three_is_that_of_students_t():
    values = [math.exp(x) for x in (1, 2, 3)]
    half = 4.302653 / math.sqrt(3)  # t of 2 degrees of freedom, sd 1
    estimate = stats.median(values)
    assert estimate.value == pytest.approx(values[1])
    assert estimate.low == pytest.approx(math.exp(2 - half), rel=1e-5)
    assert estimate.high == pytest.approx(math.exp(2 + half), rel=1e-5)


def test_ratio_uses_common_rounds():
    a = {1: 2.0, 2: 4.0, 3: 6.0, 4: 1000.0}
    b = {2: 2.0, 1: 1.0, 3: 3.0, 7: 1e-9}
    ratio = stats.ratio(a, b)
    assert ratio.value == ratio.low == ratio.high == 2


def test_nothing_to_compare():
    assert stats.ratio({}, {}) is None
    assert stats.ratio({1: 1.0}, {2: 1.0}) is None
    assert stats.ratio({1: 1.0}, {1: 0.0}) is None


def test_itself():
    a = by_round([1.0, 2, 3, 4, 5, 6])
    assert stats.ratio(a, a) == stats.Estimate(1, 1, 1)


@pytest.mark.parametrize("values, expected", [
    ([3, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([7, 7, 7, 7, 7, 7], 7), ([9, 1, 1, 1, 9, 5, 9], 5),
])
def test_median(values, expected):
    estimate = stats.median(values)
    assert estimate.value == expected
    assert estimate.low <= expected <= estimate.high
    assert estimate == stats.median(values)  # the same each time


def test_median_covers():
    """The interval holds the true median about 19 times of 20."""
    rng = np.random.default_rng(1)
    for n in (3, 5, 9):
        held = sum(not stats.median(np.exp(0.02 * rng.standard_normal(n))).excludes(1)
                   for _ in range(300))
        assert held >= 300 * 0.9


def unpaired(n: int, m: int, faster: float, trials: int) -> tuple[float, float]:
    """The shares of comparisons of two sessions whose interval, and whose test, call a difference."""
    rng = np.random.default_rng(7 + n)
    intervals = tests = 0
    for _ in range(trials):
        a = list(faster * 1e8 * np.exp(0.02 * rng.standard_normal(n)))
        b = list(1e8 * np.exp(0.02 * rng.standard_normal(m)))
        intervals += leaves_out_1(stats.ratio_unpaired(a, b))
        tests += stats.p_unpaired(a, b) < 0.05
    return intervals / trials, tests / trials


@pytest.mark.parametrize("n, m", [(3, 5), (5, 5), (9, 9), (15, 9)])
def test_what_is_no_pair(n, m):
    assert max(unpaired(n, m, 1.0, 300)) <= 0.09
    assert min(unpaired(n, m, 1.1, 100)) >= 0.9


def test_a_single_value_has_no_unpaired_interval():
    assert not stats.ratio_unpaired([2.0], [1.0, 1.1]).excludes(1)
    assert stats.p_unpaired([2.0], [1.0, 1.1]) == 1


def test_values_without_spread():
    assert stats.ratio_unpaired([2.0] * 3, [1.0] * 3).low == pytest.approx(2)
    assert stats.p_unpaired([2.0] * 3, [1.0] * 3) == 0
    assert stats.p_unpaired([1.0] * 3, [1.0] * 3) == 1
