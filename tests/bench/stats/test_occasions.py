"""Several measurements as one: published and hand-computed examples, coverage."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.stats import occasions
from bench.lab.stats.occasions import join

# G. Colditz et al., "Efficacy of BCG vaccine in the prevention of tuberculosis", 1994: logarithms of
# relative risks of 13 trials, and their variances.  The usual example of random effects.
BCG = [(-0.8893, 0.3256), (-1.5854, 0.1946), (-1.3481, 0.4154), (-1.4416, 0.0200),
       (-0.2175, 0.0512), (-0.7861, 0.0069), (-1.6209, 0.2230), (0.0120, 0.0040),
       (-0.4694, 0.0564), (-1.3713, 0.0730), (-0.3394, 0.0124), (0.4459, 0.5325),
       (-0.0173, 0.0714)]


def test_a_published_example():
    """Paule and Mandel's variance of it is 0.318, the common value -0.715."""
    found = join([value for value, _ in BCG], [math.sqrt(variance) for _, variance in BCG])
    assert found.between ** 2 == pytest.approx(0.318, abs=0.001)
    assert found.centre == pytest.approx(-0.715, abs=0.001)
    assert found.error == pytest.approx(0.181, abs=0.001)
    assert (found.occasions, found.freedom) == (13, 12)


@pytest.mark.parametrize("values, errors, centre, error, between", [
    # the squares of two, (y1 - y2)^2 / (v1 + v2 + 2 t), are 1 for t = 1, and for t = 2
    ([0, 2], [1, 1], 1, 1, 1),
    ([0, 3], [1, 2], 1, math.sqrt(2), math.sqrt(2)),
    # closer together than their errors: no spread, and no error smaller than theirs
    ([0, 0.1], [1, 1], 0.05, math.sqrt(0.5), 0),
    ([5, 5, 5], [2, 2, 2], 5, 2 / math.sqrt(3), 0),
    # weights 1 and 1/4
    ([0, 1], [1, 2], 0.2, math.sqrt(0.8), 0),
    # all rounds of an occasion alike: as exact as the most exact other one
    ([0, 2], [0, 1], 1, 1, 1),
    # of all: nothing but the spread
    ([1, 2, 3], [0, 0, 0], 2, 1 / math.sqrt(3), 1),
    ([4], [0.5], 4, 0.5, 0),
    ([4], [0], 4, 0, 0),
])
def test_by_hand(values, errors, centre, error, between):
    found = join(values, errors)
    assert found.centre == pytest.approx(centre)
    assert found.error == pytest.approx(error)
    assert found.between == pytest.approx(between, abs=1e-9)


def test_the_weighted_squares_are_as_expected():
    """What defines the spread."""
    rng = np.random.default_rng(2)
    for k in (2, 3, 8):
        values, errors = 5 * rng.standard_normal(k), rng.uniform(0.1, 1, k)
        found = join(list(values), list(errors))
        weights = 1 / (errors ** 2 + found.between ** 2)
        assert found.between > 0
        assert (weights * (values - found.centre) ** 2).sum() == pytest.approx(k - 1)
        assert found.error == pytest.approx(1 / math.sqrt(weights.sum()))


def test_one_occasion_says_nothing_of_others():
    found = join([0.3], [0.01])
    assert found.interval() == (-math.inf, math.inf)
    assert found.p_outside(0, 0) == found.p_inside(-1, 1) == found.least_p == 1


def test_interval_and_tests_agree():
    found = join([0.1, 0.3, 0.2, 0.25], [0.05, 0.04, 0.08, 0.05])
    low, high = found.interval(0.05)
    assert found.p_outside(low, low) == pytest.approx(0.05)
    assert found.p_outside(high, high) == pytest.approx(0.05)
    assert found.p_above(low) == found.p_below(high) == pytest.approx(0.025)
    assert found.p_inside(low, high) == pytest.approx(0.025)
    assert found.p_outside(low + 0.01, high) > 0.05 > found.p_outside(low - 0.01, low - 0.01)
    t = scipy_stats.t.ppf(0.975, 3)
    assert high - low == pytest.approx(2 * t * found.error)
    assert found.least_p == 0


def test_without_any_error():
    found = join([2, 2, 2], [0, 0, 0])
    assert (found.p_above(1), found.p_above(2), found.p_above(3)) == (0, 1, 1)
    assert (found.p_below(1), found.p_below(2), found.p_below(3)) == (1, 1, 0)


def test_the_error_of_an_interval():
    assert occasions.error_of(-1.959964, 1.959964) == pytest.approx(1)
    assert occasions.error_of(3, 3) == 0


@pytest.mark.parametrize("k", [3, 6])
@pytest.mark.parametrize("between", [0.0, 0.5, 3.0])
def test_coverage(k, between):
    """The interval holds the common value, whatever the occasions do of their own."""
    rng, trials, held = np.random.default_rng(k), 800, 0
    for _ in range(trials):
        errors = rng.uniform(0.5, 1.5, k)
        values = between * rng.standard_normal(k) + errors * rng.standard_normal(k)
        low, high = join(list(values), list(errors)).interval()
        held += low <= 0 <= high
    assert held / trials >= 0.95 - 0.02 - 3 * math.sqrt(0.05 * 0.95 / trials)


def test_occasions_taken_as_rounds_would_not_cover():
    """The test above can fail: without the spread between occasions most intervals are wrong."""
    rng, trials, held = np.random.default_rng(1), 400, 0
    for _ in range(trials):
        values = 3 * rng.standard_normal(4) + rng.standard_normal(4)
        held += abs(values.mean()) <= 1.96 / math.sqrt(4)
    assert held / trials < 0.6
