"""Pairs of runs: how likely chance is, what is sure of many rows together, what would be seen."""

import pytest

from bench.lab.judge import compare
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import MEASURES, SPEED
from bench.lab.judge.stats import Estimate
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

ROW = Row("program", (), 1, "load")
A, B = (Variant(name, "profile", "shared", {}, name) for name in "ab")
(FAULTS,) = [measure for measure in MEASURES if measure.name == "page faults"]


def compared(first: list[Run], second: list[Run], measure=SPEED) -> list[Comparison]:
    runs = Runs([ROW], [A, B])
    for rep, pair in enumerate(zip(first, second)):
        for variant, run in zip((A, B), pair):
            runs.add(Job(ROW, variant, rep), run, "raw")
    return compare.compare(runs, A, [B], measure)[0]


def speeds(values) -> list[Run]:
    return [Run("ok", ops_per_s=1e6 * value) for value in values]


@pytest.mark.parametrize("p_values, rejected", [
    # 0.05 / 3, 0.05 / 2 and 0.05 / 1, from the least on
    ([0.016, 0.024, 0.049], [True, True, True]),
    ([0.017, 0.024, 0.049], [False, False, False]),
    ([0.026, 0.016, 0.04], [False, True, False]),
    ([0.051, 0.024, 0.016], [False, True, True]),
    ([0.049], [True]),
    ([0.051], [False]),
    ([], []),
])
def test_what_is_rejected_together(p_values, rejected):
    assert compare.holm(p_values) == rejected


@pytest.mark.parametrize("n", [9, 10, 12])
def test_all_pairs_one_way_are_as_likely_as_so_many_coins(n):
    (one,) = compared(speeds([100] * n), speeds([101 + i / 8 for i in range(n)]))
    assert one.p == pytest.approx(2 / 2 ** n)


def test_student_of_few_pairs():
    """Logarithms of -1 to 4: their mean is 1.5, its standard error 0.764, and t is 1.964."""
    (one,) = compared(speeds([1] * 6), speeds([2.718281828 ** i for i in range(-1, 5)]))
    assert one.p == pytest.approx(0.1067, abs=1e-4)


@pytest.mark.parametrize("near", [1.01, 1.05, 2])
def test_what_would_have_been_seen(near):
    """An effect as large as that lies just inside the interval, one above it outside."""
    same = Comparison(ROW, SPEED, 1, 1, Estimate(1, 1 / near, near), 1, 9)
    assert same.visible == pytest.approx(100 * (near - 1))
    for share, seen in ((0.99, False), (1.01, True)):
        effect = 1 + share * same.visible / 100
        moved = Comparison(ROW, SPEED, 1, 1, Estimate(effect, effect / near, effect * near), 1, 9)
        assert moved.ratio.excludes(1) == seen


@pytest.mark.parametrize("most, told", [(99, False), (100, True)])
def test_page_faults_below_a_hundred_are_not_compared(most, told):
    runs = [[Run("ok", minor_faults=faults)] * 6 for faults in (30, most)]
    assert bool(compared(*runs, FAULTS)) == told
