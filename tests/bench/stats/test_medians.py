"""The median of a sample and the interval of the sign test."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.stats.medians import median


@pytest.mark.parametrize("values, expected", [
    ([3, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([7, 7, 7, 7, 7, 7], 7), ([9, 1, 1, 1, 9, 5, 9], 5)])
def test_median(values, expected):
    found = median(values)
    assert found.value == expected and found.low <= expected <= found.high
    assert found == median(sorted(values)), "in any order"


@pytest.mark.parametrize("n", range(1, 6))
def test_few_have_no_interval(n):
    found = median([float(i) for i in range(n)])
    assert (found.low, found.high, found.enough) == (0, n - 1, False)
    assert not found.excludes(100)


@pytest.mark.parametrize("n", range(6, 60))
def test_the_interval_is_the_narrowest_that_covers(n):
    """Two of the sorted values, as far from either end; one further inside would not do."""
    found = median([float(i) for i in range(1, n + 1)])
    assert found.enough and found.low + found.high == n + 1
    k = int(found.low)
    assert 2 * scipy_stats.binom.cdf(k - 1, n, 0.5) <= 0.05 < 2 * scipy_stats.binom.cdf(k, n, 0.5)


@pytest.mark.parametrize("n", [6, 9, 15])
def test_coverage(n):
    """Also of what lies more to one side."""
    rng, trials = np.random.default_rng(n), 1000
    for draw, true in ((rng.standard_normal, 0), (rng.exponential, math.log(2))):
        held = sum(not median(draw(size=n)).excludes(true) for _ in range(trials))
        assert held / trials >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / trials)
