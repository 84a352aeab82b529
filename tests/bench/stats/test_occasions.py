"""Several measurements as one: examples computed by hand, coverage."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.stats import occasions
from bench.lab.stats.occasions import join


@pytest.mark.parametrize("values, errors, centre, error, between", [
    # a variance of 2, of which the errors explain 1
    ([0, 2], [1, 1], 1, 1, 1),
    # the errors differ; the occasions count alike
    ([0, 3], [1, 2], 1.5, 1.5, math.sqrt(4.5 - 2.5)),
    # closer together than their errors: no spread beside them
    ([0, 0.1], [1, 1], 0.05, 0.05, 0),
    ([1, 2, 3], [0, 0, 0], 2, 1 / math.sqrt(3), 1),
    ([4], [0.5], 4, 0.5, 0),
    ([4], [0], 4, 0, 0),
])
def test_by_hand(values, errors, centre, error, between):
    found = join(values, errors)
    assert found.centre == pytest.approx(centre)
    assert found.error == pytest.approx(error)
    assert found.between == pytest.approx(between, abs=1e-9)


def test_what_was_drawn_once_for_all_is_no_spread_between_them():
    """Layouts in which all agree: an error of its own, whatever the occasions say."""
    found = join([2, 2, 2], [0.1, 0.1, 0.1], shared=0.3)
    assert found.error == pytest.approx(0.3) and found.between == 0
    assert join([0, 2], [1, 1], shared=2).error == pytest.approx(math.sqrt(1 + 4))


def test_one_occasion_says_nothing_of_others():
    found = join([0.3], [0.01])
    assert found.interval() == (-math.inf, math.inf)
    assert found.p_outside(0, 0) == found.p_inside(-1, 1) == found.least_p == 1


def test_interval_and_tests_agree():
    found = join([0.1, 0.3, 0.2, 0.25], [0.05, 0.04, 0.08, 0.05])
    low, high = found.interval(0.05)
    assert found.p_outside(low, low) == pytest.approx(0.05)
    assert found.p_outside(high, high) == pytest.approx(0.05)
    assert found.p_above(low) == pytest.approx(0.025)
    assert found.p_below(high) == pytest.approx(0.025)
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
