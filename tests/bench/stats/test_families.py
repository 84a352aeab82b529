"""Many tests together, and the fewest rounds that can be sure."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.lab.stats import families
from bench.lab.stats.estimate import FAMILY


@pytest.mark.parametrize("p_values, adjusted", [
    ([0.01, 0.02, 0.03], [0.03, 0.04, 0.04]),
    ([0.03, 0.01, 0.02], [0.04, 0.03, 0.04]),
    ([0.01, 0.9, 0.011], [0.03, 0.9, 0.03]),
    ([0.4, 0.4], [0.8, 0.8]),
    ([0.6, 0.7], [1.0, 1.0]),
    ([0.02], [0.02]),
    ([], []),
])
def test_holm(p_values, adjusted):
    assert families.holm(p_values) == pytest.approx(adjusted)


def test_holm_is_the_sequence_of_its_paper():
    """From the least p on: alpha / n, alpha / (n - 1), ..., up to the first that is above it."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        p_values = list(rng.uniform(0, 0.06, rng.integers(1, 9)))
        rejected = set()
        for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
            if p_values[index] > 0.05 / (len(p_values) - rank):
                break
            rejected.add(index)
        adjusted = families.holm(p_values)
        assert {i for i, p in enumerate(adjusted) if p <= 0.05} == rejected


def test_a_family_is_seldom_wrong():
    """Five without a difference among ten; as often as one test would be."""
    rng, trials = np.random.default_rng(4), 3000
    wrong = sum(min(families.holm([*rng.uniform(size=5), *rng.uniform(0, 1e-4, size=5)])[:5]) <= 0.05
                for _ in range(trials))
    assert wrong / trials == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / trials))


def test_least_numbers_of_rounds():
    """The fewest of which scipy's own test, at its clearest, is sure beside so many others."""
    assert families.LEAST == 6
    for tests in (1, 2, 7, 84):
        least = families.least_rounds(tests)
        for n, sure in ((least, True), (least - 1, False)):
            clear = scipy_stats.wilcoxon([float(x) for x in range(1, n + 1)], method="exact").pvalue
            assert (tests * clear <= FAMILY) == sure
    assert [families.least_rounds(tests) for tests in (1, 2, 3, 14, 84)] == [8, 9, 10, 12, 15]
    assert families.least_rounds(2, FAMILY / 2) == families.least_rounds(4)


def test_enough():
    assert [n for n in range(10) if families.enough(n)] == [6, 7, 8, 9]
    assert families.too_few(3) == "too few runs to tell: 3, and it takes 6"
    assert families.too_few(3, 12) == "too few runs to tell: 3, and it takes 12"
    assert families.least_p(0) == families.least_p(1) == 1
