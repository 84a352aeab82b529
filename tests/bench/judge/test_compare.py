"""Pairs of runs: what is sure of many rows together, what is the same, what is not known."""

import dataclasses
import math
import random

import numpy as np
import pytest
from scipy import special
from scipy import stats as scipy_stats

from bench.lab.judge import compare, pairs, tally
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import EXPLORED, MEASURES, PEAK, PRIMARY, SPEED
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.question import Question
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

ROW = Row("program", (), 1, "load")
A, B = (Variant(name, "profile", "shared", {}, name) for name in "ab")
OF_NAME = {measure.name: measure for measure in MEASURES}
FAULTS, SYSTEM = OF_NAME["page faults"], OF_NAME["system time"]


def rows(count: int) -> list[Row]:
    return [Row("program", (str(i),), 1, "load") for i in range(count)]


def runs_of(pairs_of_row: dict[Row, list[tuple[Run, Run]]]) -> Runs:
    """Row -> the runs of A and B, by round."""
    made = Runs(list(pairs_of_row), [A, B])
    for row, rounds in pairs_of_row.items():
        for rep, pair in enumerate(rounds, 1):
            for variant, run in zip((A, B), pair):
                made.add(Job(row, variant, rep), run, "raw")
    return made


def speeds(first, second) -> list[tuple[Run, Run]]:
    return [(Run("ok", ops_per_s=1e6 * a), Run("ok", ops_per_s=1e6 * b))
            for a, b in zip(first, second)]


def compared(rounds: list[tuple[Run, Run]], measure=SPEED, question=Question(),
             shares=None) -> list[Comparison]:
    return compare.compare(runs_of({ROW: rounds}), A, [B], [measure], question, shares)[measure][0]


def noisy(ratio: float, n: int = 15, noise: float = 0.002) -> list[tuple[Run, Run]]:
    """B so many times as fast as A, and each round has a speed of its own."""
    rng = random.Random(n)
    slow = [rng.uniform(1, 10) for _ in range(n)]
    return speeds([100 / x for x in slow], [100 * ratio * rng.gauss(1, noise) / x for x in slow])


@pytest.mark.parametrize("ratio, verdict", [
    (1.03, "better"), (0.97, "worse"), (1.0, "same"), (1.2, "better"), (0.5, "worse")])
def test_verdicts(ratio, verdict):
    (one,) = compared(noisy(ratio))
    assert one.verdict == verdict and one.known
    assert one.effect.value == pytest.approx(ratio, rel=0.003)
    assert one.effect.low < one.effect.value < one.effect.high


def test_less_is_better_of_memory():
    """And the name of the verdict follows the measure."""
    for more, verdict in ((0, "same"), (200, "worse"), (-200, "better")):
        (one,) = compared([(Run("ok", peak_rss_kib=1000 + i), Run("ok", peak_rss_kib=1000 + i + more))
                           for i in range(9)], PEAK)
        assert one.verdict == verdict


def test_more_noise_is_not_known():
    """Neither a difference nor none is shown: that is no "same"."""
    (one,) = compared(noisy(1.0, noise=0.2))
    assert (one.verdict, one.known) == ("not known", False)
    assert one.at_most > 0.05


@pytest.mark.parametrize("n", [8, 9, 12])
def test_all_pairs_one_way_are_as_likely_as_so_many_coins(n):
    (one,) = compared(speeds([100] * n, [101 + i / 8 for i in range(n)]))
    assert one.p_differs == pytest.approx(2 / 2 ** n)
    assert one.verdict == "better"


def test_the_test_is_wilcoxons():
    (one,) = compared(noisy(1.0, 12, 0.02))
    logs = [math.log(b.ops_per_s / a.ops_per_s) for a, b in noisy(1.0, 12, 0.02)]
    assert one.p_differs == pytest.approx(scipy_stats.wilcoxon(logs, method="exact").pvalue)


def test_the_estimate_is_of_pairs():
    """Not a ratio of medians: rounds ten times as slow as others hide nothing."""
    slow = [1, 10, 1, 3, 1, 5, 1, 2, 1]
    (one,) = compared(speeds([100 / x for x in slow], [103 / x for x in slow]))
    assert one.effect.value == one.effect.low == one.effect.high == pytest.approx(1.03)


@pytest.mark.parametrize("question, ratio, verdict", [
    (Question(better_by=0.05), 1.03, "same"), (Question(better_by=0.02), 1.03, "better"),
    (Question(better_by=0.02, same_within=0.01), 1.015, "not known"),
    (Question(better_by=0.02), 0.97, "worse"), (Question(better_by=0.05), 0.9, "worse"),
    (Question(same_within=0.01), 1.005, "better"),
    (Question(same_within=0.01, same_first=True), 1.005, "same"),
    (Question(same_within=0.04, same_first=True), 1.05, "better"),
    (Question(same_within=0.04, same_first=True), 0.95, "worse"),
])
def test_what_is_asked(question, ratio, verdict):
    (one,) = compared(noisy(ratio, noise=0.001), question=question)
    assert one.verdict == verdict


@pytest.mark.parametrize("ratio", [1.03, 0.97, 1.0])
def test_the_bounds_hold_what_was_found(ratio):
    """Surely at least, and surely at most, as shares of A; `same` is said up to `at_most`."""
    (one,) = compared(noisy(ratio))
    true = abs(ratio - 1)
    assert one.at_least <= true <= one.at_most + 1e-9
    assert (one.at_least == 0) == (ratio == 1)
    for within, verdict in ((one.at_most * 1.01, "same"), (one.at_most * 0.99, None)):
        (again,) = compared(noisy(ratio), question=Question(same_within=within, same_first=True))
        assert (again.verdict == "same") == (verdict == "same")
    # what is asked is as far from 1 both ways, as a ratio: 1.03 and 1 / 1.03
    at_least = one.at_least if one.is_better else 1 / (1 - one.at_least) - 1
    for by, known in ((at_least * 0.99, True), (at_least * 1.01, False)):
        if by:
            (again,) = compared(noisy(ratio), question=Question(better_by=by, same_within=1e-9))
            assert (again.verdict in ("better", "worse")) == known


def test_rows_are_one_family():
    """What is sure in one row alone is not in the least of many."""
    clear = speeds([100] * 9, [101 + i / 8 for i in range(9)])
    none = noisy(1.0, 9, 0.02)
    for count, verdict in ((2, "better"), (3, "too few")):
        made = runs_of({row: clear if i == 0 else none for i, row in enumerate(rows(count))})
        first, *_ = compare.compare(made, A, [B], [SPEED])[SPEED][0]
        assert first.p_differs == pytest.approx(count * 2 / 2 ** 9)
        assert (first.verdict, first.tests) == (verdict, count)
        assert first.enough == (verdict == "better")
    both = compare.compare(runs_of({ROW: clear}), A, [B, B], [SPEED])[SPEED]
    assert [one.tests for found in both for one in found] == [2, 2]


def test_primary_and_explored_are_two_families():
    """What is looked at beside takes nothing from what the measurement was made for."""
    found = pairs.judge(runs_of({ROW: [
        (Run("ok", ops_per_s=100 + i, peak_rss_kib=9000, rss_kib=50, user_s=1, sys_s=1,
             minor_faults=500), ) * 2 for i in range(12)]}))
    (outcome,) = found.outcomes
    tests = {measure.name: one.tests for measure, (one,) in outcome.rows.items()}
    assert tests == {"speed": 2, "peak RSS": 2, "RSS at the end": 4, "page faults": 4,
                     "user time": 4, "system time": 4}
    assert {measure.name for measure in PRIMARY} == {"speed", "time", "peak RSS"}
    assert not set(PRIMARY) & set(EXPLORED)


def test_looks_spend_a_part():
    """A row that was looked at with half of the levels needs a p half as large, and its interval is
    wider; so does one of two rows that end at different looks."""
    (whole,) = compared(noisy(1.0, 12, 0.02))
    (half,) = compared(noisy(1.0, 12, 0.02), shares={ROW.key: 0.5})
    assert half.p_differs == pytest.approx(min(1, 2 * whole.p_differs))
    assert half.effect.low < whole.effect.low and half.effect.high > whole.effect.high
    assert half.effect.value == whole.effect.value
    clear = speeds([100] * 9, [101 + i / 8 for i in range(9)])
    assert compared(clear)[0].verdict == "better"
    assert compared(clear, shares={ROW.key: 0.3})[0].verdict == "too few"
    made = runs_of({row: clear for row in rows(2)})
    first, second = compare.compare(made, A, [B], [SPEED], shares={
        rows(2)[0].key: 0.5, rows(2)[1].key: 1.0})[SPEED][0]
    assert first.p_differs == pytest.approx(2 * second.p_differs)
    assert second.p_differs == pytest.approx(2 * 2 / 2 ** 9), "Bonferroni, whatever the first has"


def test_precision():
    """Known as soon as the interval is narrow, whatever the verdict."""
    (one,) = compared(noisy(1.0, 15, 0.01))
    assert one.half_width == pytest.approx(math.sqrt(one.effect.high / one.effect.low) - 1)
    for asked, known in ((one.half_width * 1.01, True), (one.half_width * 0.99, False)):
        (again,) = compared(noisy(1.0, 15, 0.01), question=Question(precision=asked))
        assert again.known == known
        assert (again.needed == 15) == known and again.needed <= 16
    (one,) = compared(noisy(1.0, 3), question=Question(precision=0.5))
    assert one.half_width == math.inf and not one.known and one.needed is None


def test_lost_rounds_have_no_verdict():
    """However many are left."""
    rounds = noisy(1.2, 30)
    rounds[4] = (rounds[4][0], Run("exit status 1"))
    (one,) = compared(rounds)
    assert (one.verdict, one.lost, one.rounds, one.known) == ("lost runs", 1, 29, False)


def test_layouts_are_what_is_counted():
    """Three rounds of each of five layouts are five values."""
    rounds = [tuple(dataclasses.replace(run, layout=i % 5) for run in pair)
              for i, pair in enumerate(noisy(1.03, 15))]
    (one,) = compared(rounds)
    assert (one.rounds, one.layouts, one.verdict) == (15, 5, "too few")
    (one,) = compared(noisy(1.03, 15))
    assert (one.rounds, one.layouts, one.verdict) == (15, 15, "better")


def simulated(effect: float, sigma: float, n: int, trials: int) -> list[Comparison]:
    """Nothing is the same."""
    rng = np.random.default_rng(n)
    return [compared(speeds([1] * n, np.exp(effect + sigma * rng.standard_normal(n))),
                     question=Question(same_within=1e-9))[0] for _ in range(trials)]


@pytest.mark.parametrize("n", [12, 25])
def test_what_would_be_shown_is_shown_four_times_of_five(n):
    """`visible`, in the middle of the measurements, is the effect that is found that often."""
    sigma = 0.01
    visible = np.median([one.visible for one in simulated(0, sigma, n, 200)])
    found = simulated(math.log1p(visible / 100), sigma, n, 400)
    share = sum(one.verdict == "better" for one in found) / len(found)
    assert share == pytest.approx(0.8, abs=0.12)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_visible_is_at_the_level_of_the_family(count):
    """Of 50 rounds, for which the normal distribution is about right; nobody sees the interval of
    the family, which is wider than the one that is shown."""
    found = compare.compare(runs_of({row: noisy(1.0, 50, 0.01) for row in rows(count)}), A, [B],
                            [SPEED])[SPEED][0]
    z = special.ndtri
    sure = z(1 - 0.01 / count / 2) + z(0.8)
    for one in found:
        assert one.visible == pytest.approx(
            100 * ((1 + one.half_width) ** (sure / z(0.975)) - 1), rel=0.12)
    few = compared(noisy(1.0, 6, 0.01))[0]
    assert few.verdict == "too few" and math.isfinite(few.visible)
    assert few.visible > found[0].visible or count > 1


def test_the_rounds_that_are_needed_are_about_enough():
    """Nearly always with half as many more; with a third of them seldom."""
    few = [one for one in simulated(math.log(1.01), 0.01, 12, 40) if one.verdict == "not known"]
    needed = int(np.median([one.needed for one in few]))
    assert 15 < needed < 200
    for share, least, most in ((1.5, 0.9, 1.0), (0.3, 0.0, 0.6)):
        found = simulated(math.log(1.01), 0.01, int(needed * share), 40)
        assert least <= sum(one.verdict == "better" for one in found) / 40 <= most


def test_zeros_are_compared_by_their_difference():
    rounds = [(Run("ok", minor_faults=a), Run("ok", minor_faults=300 + i))
              for i, a in enumerate([0] * 5 + [200, 400, 10, 20])]
    (one,) = compared(rounds, FAULTS)
    assert one.scale.name == "difference" and one.rounds == 9
    more = [b.minor_faults - a.minor_faults for a, b in rounds]
    assert one.effect.value == np.median([(x + y) / 2 for i, x in enumerate(more) for y in more[i:]])


@pytest.mark.parametrize("zeros, verdict", [(5, "same"), (0, "same")])
def test_the_same_with_zeros(zeros, verdict):
    """A share of A is a difference, too."""
    values = [0.0] * zeros + [0.4] * (15 - zeros)
    rounds = [(Run("ok", sys_s=x), Run("ok", sys_s=x)) for x in values]
    (one,) = compared(rounds, SYSTEM)
    assert (one.verdict, one.scale.name) == (verdict, "difference" if zeros else "ratio")


def test_what_is_no_number_is_not_compared():
    """No program says a latency of 0; memory that nobody told is none."""
    assert compared([(Run("ok", p99_ns=0), Run("ok", p99_ns=5))] * 9, OF_NAME["latency p99"]) == []
    assert compared([(Run("ok", rss_kib=0), Run("ok", rss_kib=5))] * 9, OF_NAME["RSS at the end"]) == []


def test_the_longest_call_is_not_compared():
    """It is an accident of the sample, no property of the variant."""
    assert all(one.of(Run("ok", max_ns=1e6)) == one.of(Run("ok")) for one in MEASURES)


@pytest.mark.parametrize("most, told", [(99, False), (100, True)])
def test_page_faults_below_a_hundred_are_not_compared(most, told):
    rounds = [(Run("ok", minor_faults=30), Run("ok", minor_faults=most))] * 6
    assert bool(compared(rounds, FAULTS)) == told


def test_tally():
    made = runs_of({row: noisy(ratio) for row, ratio in zip(rows(4), (1.1, 1.2, 1.0, 0.9))})
    one = tally.tally(compare.compare(made, A, [B], [SPEED])[SPEED][0])
    assert one.count == {"better": 2, "same": 1, "worse": 1}
    assert one.mean == pytest.approx((1.1 * 1.2 * 0.9) ** 0.25, rel=0.003)
    assert one.worst.row == rows(4)[3] and one.rounds == 15
