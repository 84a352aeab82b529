"""Looking at growing data again and again finds no more by chance than one look would."""

import math
import random

import numpy as np
import pytest

from bench.lab.stats.looks import SHARES, Looks
from bench.lab.stats.signed_ranks import SignedRanks


def taken(times: list[float]) -> list[float]:
    """The levels of the looks that are due at these shares of the time."""
    looks = Looks()
    return [looks.take(share) for share in times if looks.due(share)]


def test_all_levels_together_are_one():
    assert sum(taken(list(SHARES))) == pytest.approx(1)
    assert len(taken(list(SHARES))) == len(SHARES)


def test_whatever_the_times():
    """Rounds take as long as they do: looks come late, and some fall into one round."""
    rng = random.Random(1)
    for _ in range(200):
        times = sorted(rng.uniform(0, 1) for _ in range(rng.randint(0, 30)))
        levels = taken([*times, rng.uniform(1, 2)])
        assert sum(levels) == pytest.approx(1) and min(levels) > 0
        assert sum(taken(times)) <= 1


@pytest.mark.parametrize("share, due", [(0.05, False), (0.0999, False), (0.1, True), (0.5, True)])
def test_the_first_is_due(share, due):
    assert Looks().due(share) == due


def test_a_late_look_stands_for_those_before():
    looks = Looks()
    assert looks.take(0.35) == pytest.approx(0.35 ** 2)
    assert not looks.due(0.39) and looks.due(0.4)
    assert looks.take(0.41) == pytest.approx(0.41 ** 2 - 0.35 ** 2)
    assert looks.take(1.7) == pytest.approx(1 - 0.41 ** 2), "the last has all that is left"
    assert not looks.due(2) and looks.take(2) == 0


def test_little_is_spent_early():
    """A tenth of the time has a hundredth of the level; the last look has more than a quarter."""
    levels = taken(list(SHARES))
    assert levels[0] == pytest.approx(0.01) and levels[-1] > 0.25
    assert sum(level for level, share in zip(levels, SHARES) if share <= 0.5) < 0.25


def sequential(alpha: float, effect: float, trials: int, naive: bool = False) -> float:
    """The share of measurements of 40 rounds that call a difference at any of their looks."""
    rng, called = np.random.default_rng(6), 0
    for _ in range(trials):
        looks, values = Looks(), effect + rng.standard_normal(40)
        for n in range(1, 41):
            share = n / 40 * rng.uniform(0.98, 1) if n < 40 else 1.0
            if looks.due(share):
                level = looks.take(share)
                if SignedRanks(values[:n]).p_outside(0, 0) <= (alpha if naive else alpha * level):
                    called += 1
                    break
    return called / trials


@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_false_positives(alpha):
    trials = 2000
    assert sequential(alpha, 0, trials) <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / trials)


def test_looks_at_the_full_level_would_be_wrong():
    """The test above can fail."""
    assert sequential(0.05, 0, 1000, naive=True) > 0.1


def test_a_clear_difference_is_found():
    assert sequential(0.01, 1.0, 200) > 0.95
