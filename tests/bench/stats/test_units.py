"""Rounds of the same layout are one value: layouts are what is drawn."""

import math

import numpy as np
import pytest

from bench.lab.stats import units
from bench.lab.stats.signed_ranks import SignedRanks


def test_a_layout_is_the_median_of_its_rounds():
    rounds = {1: 5.0, 2: 1.0, 3: 6.0, 4: 2.0, 5: 100.0, 6: 7.0}
    layouts = {1: "x", 2: "y", 3: "x", 4: "y", 5: "x"}
    assert sorted(units.values(rounds, layouts)) == [1.5, 6.0, 7.0]


def test_rounds_without_a_layout_are_apart():
    assert units.values({1: 3.0, 2: 4.0}, {}) == [3, 4]
    assert sorted(units.values({1: 3.0, 2: 4.0}, {1: 0, 2: 0})) == [3.5]
    assert len(units.values({1: 3.0, 2: 4.0}, {1: 1})) == 2, "no layout is the name of a round"
    assert units.values({}, {}) == []


def simulated(of_layouts: float, of_rounds: float, layouts: int, repeats: int,
              by_layout: bool) -> float:
    """The share of 95 % intervals that hold 0, around which layouts are drawn."""
    rng, trials, held = np.random.default_rng(11), 800, 0
    which = {i: i % layouts for i in range(layouts * repeats)}
    for _ in range(trials):
        own = of_layouts * rng.standard_normal(layouts)
        rounds = {i: own[layout] + of_rounds * rng.standard_normal()
                  for i, layout in which.items()}
        low, high = SignedRanks(units.values(rounds, which if by_layout else {})).interval(0.05)
        held += low <= 0 <= high
    return held / trials


@pytest.mark.parametrize("of_layouts", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("layouts, repeats", [(8, 1), (8, 4), (16, 2)])
def test_coverage_whatever_layouts_do(of_layouts, layouts, repeats):
    assert simulated(of_layouts, 0.005, layouts, repeats, True) >= \
        0.95 - 3 * math.sqrt(0.05 * 0.95 / 800)


def test_rounds_alone_would_not_cover():
    """The test above can fail: as if each round had a layout of its own, most intervals are
    wrong."""
    assert simulated(0.05, 0.005, 8, 4, False) < 0.75
