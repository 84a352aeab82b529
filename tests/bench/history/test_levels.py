"""Many series judged together: what is planted is found, and nothing else."""

import numpy as np
import pytest

from bench.lab.history import energy, levels

REPORTS = 200
NOISES = {
    "even": lambda random, n: random.normal(0, 0.01, n),
    "with long tails": lambda random, n: 0.01 * random.standard_t(3, n),
    "to one side": lambda random, n: -random.exponential(0.01, n),
    "with slow days": lambda random, n: random.normal(0, 0.01, n) - 0.1 * (random.random(n) < 0.08),
    "in pages": lambda random, n: 0.004 * np.round(random.normal(0, 0.3, n)),
}


def quiet(random, n: int, noise: str = "even") -> np.ndarray:
    """A series in which nothing changes."""
    return 100 * np.exp(NOISES[noise](random, n))


def report(random, series: int = 40) -> list[np.ndarray]:
    """Quiet series of all kinds and of several lengths."""
    return [quiet(random, int(random.integers(15, 31)), list(NOISES)[i % len(NOISES)])
            for i in range(series)]


def changed(found: levels.Found) -> list[tuple[int, ...]]:
    """The first values of all levels but the first, of the series that have several."""
    return [one.starts[1:] for one in found.levels if one.starts and len(one.starts) > 1]


def test_nothing_is_found_where_nothing_changes():
    """In one report of twenty at most, over all series of it."""
    random = np.random.default_rng(1)
    false = sum(bool(changed(levels.find(report(random), 0.0))) for _ in range(REPORTS))
    assert false <= 0.05 * REPORTS


def test_a_change_of_5_percent_in_noise_of_1_percent():
    """Among 40 quiet series, in each place; at most one measurement beside it."""
    random = np.random.default_rng(2)
    for n, at in ((20, 10), (30, 8), (30, 15), (30, 25), (60, 55)):
        series = report(random)
        for i in range(0, 40, 4):
            series[i] = quiet(random, n)
            series[i][at:] *= 0.95
        found = levels.find(series)
        assert found.tested == 40
        starts = [found.levels[i].starts for i in range(0, 40, 4)]
        assert all(len(one) == 2 and abs(one[1] - at) <= 1 for one in starts), (n, at, starts)
        assert sum(one == (0, at) for one in starts) >= 8, (n, at, starts)
        assert len(changed(found)) == len(starts), "the others are quiet"


def test_several_changes():
    """Down, and back: two levels more; each series has no more than were planted."""
    random = np.random.default_rng(3)
    series = report(random)
    for i in range(20):
        series[i] = quiet(random, 45)
        series[i][15:30] *= 0.95
    starts = [one.starts for one in levels.find(series, 0.0).levels[:20]]
    assert all(len(one) == 3 for one in starts), starts
    assert sum(one == (0, 15, 30) for one in starts) >= 15


def test_a_changed_series_is_split_no_further_without_need():
    """Twenty series with a change, in a hundred reports: hardly one that shows a second one."""
    random = np.random.default_rng(4)
    false = 0
    for _ in range(20):
        series = [quiet(random, 30) for _ in range(20)]
        for one in series:
            one[15:] *= 0.9
        false += any(len(one.starts) != 2 for one in levels.find(series, 0.0).levels)
    assert false <= 2


def test_what_is_too_small_does_not_count():
    random = np.random.default_rng(5)
    one = 100 * np.exp(random.normal(0, 0.0002, 40))
    one[20:] *= 0.995
    assert changed(levels.find([one], 0.0)) == [(20,)]
    assert changed(levels.find([one])) == []
    one[30:] *= 0.95  # after a small one
    assert changed(levels.find([one])) == [(30,)]


@pytest.mark.parametrize("count", [1, 50, 140])
def test_too_few(count):
    """So few that not even the clearest change would be sure; more series take more."""
    random = np.random.default_rng(6)
    needs = {1: 8, 50: 14, 140: 15}[count]
    enough, few = quiet(random, needs), quiet(random, needs - 1)
    found = levels.find([enough] * count)
    assert (found.needs, found.tested) == (needs, count)
    assert found.side == energy.least_side(needs, 0.05 / count)
    assert all(one.starts and one.p for one in found.levels)
    found = levels.find([few] * count)
    assert (found.needs, found.tested, found.side) == (needs, 0, None)
    assert all(one.starts is None and one.p is None for one in found.levels)


def test_those_with_too_few_count_for_nothing():
    random = np.random.default_rng(7)
    step = quiet(random, 10)
    step[5:] *= 0.5
    found = levels.find([step, *[step[:5]] * 99])
    assert found.tested == 1 and [one.starts for one in found.levels] == [(0, 5), *[None] * 99]


def test_none():
    assert levels.find([]).levels == [] and levels.find([[]]).tested == 0


@pytest.mark.parametrize("order", [1, -1])
def test_each_time_the_same(order):
    """Whatever else is judged, and in which order."""
    random = np.random.default_rng(7)
    series = report(random)
    series[3][8:] *= 0.97
    found = levels.find(series[::order]).levels[::order]
    assert found == levels.find(series).levels
