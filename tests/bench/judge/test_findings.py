"""What an audit of the statistics found wrong once; a test for each finding, by its number.  The
sixth was of src/, the ninth of the programs."""

import math
import statistics

import numpy as np
import pytest

from bench import ab, fit_study, sweep
from bench.lab.judge import bars, compare, pairs, paired, strengths
from bench.lab.judge.cells import Cells
from bench.lab.judge.measures import MEASURES, PEAK, PRIMARY, SPEED
from bench.lab.measure import asked
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.question import Question
from bench.lab.select.row import Row
from bench.lab.select.rows import FULL, QUICK
from bench.lab.select.variant import Variant

A, B = (Variant(name, "profile", "shared", {}, name) for name in "ab")
ROW = Row("program", (), 1, "load")


def most(level: float, trials: int) -> float:
    """What a share of so many trials hardly exceeds if the chance is `level`."""
    return level + 3 * math.sqrt(level * (1 - level) / trials)


def runs_of(rows, variants, rounds: int, run) -> Runs:
    """`run` makes one run of a row, a variant and a round."""
    made = Runs(list(rows), list(variants))
    for rep in range(1, rounds + 1):
        for row in rows:
            for variant in variants:
                made.add(Job(row, variant, rep), run(row, variant, rep), "raw")
    return made


def test_1_a_clear_difference_is_sure_in_every_family():
    """B twice as fast in all rows of the full set, with the rounds that ab makes by default; and of
    several variants as a sweep has them."""
    for command, others in ((ab, 1), (sweep, 1), (sweep, 8)):
        rounds = asked.rounds(None, command.FULL_REPS, len(FULL), others, False)
        variants = [A, *(Variant(f"b{i}", "profile", "shared", {}) for i in range(others))]
        made = runs_of(FULL, variants, rounds, lambda row, variant, rep: Run(
            "ok", ops_per_s=(1 if variant is A else 2) * (1e6 + rep), peak_rss_kib=1000,
            seconds=1))
        found = compare.compare(made, A, variants[1:], PRIMARY)
        assert {one.verdict for lines in found[SPEED] for one in lines} == {"better"}
        assert {one.verdict for lines in found[PEAK] for one in lines} == {"same"}
    ten_programs = asked.rounds(None, fit_study.REPS, 10, 5, False)
    assert asked.tests(10, 5) * 2 / 2 ** ten_programs <= 0.01


def pairs_with_noise(rng, rounds: int, effect: float = 0.0) -> tuple[dict, dict]:
    """10 % noise that is common to a round, and 1 % of each run's own."""
    both = 0.1 * rng.standard_normal(rounds)
    a, b = (np.exp(mean + both + 0.01 * rng.standard_normal(rounds)) for mean in (0, effect))
    return tuple({i: Run("ok", ops_per_s=speed) for i, speed in enumerate(one)} for one in (a, b))


@pytest.mark.parametrize("rounds, half_width", [(9, 1.15), (15, 0.79), (25, 0.60)])
def test_2_intervals_use_the_pairs(rounds, half_width):
    """What is common to a round does not widen them, and more rounds make them narrower."""
    rng = np.random.default_rng(rounds)
    found = [paired.ratio(SPEED.of, *pairs_with_noise(rng, rounds)) for _ in range(400)]
    assert 100 * statistics.fmean(math.log(one.high / one.low) / 2 for one in found) == \
        pytest.approx(half_width, rel=0.08)
    covered = sum(not one.excludes(1) for one in found) / len(found)
    assert covered >= 1 - most(0.05, len(found))


def test_2_interval_and_test_say_the_same():
    rng = np.random.default_rng(2)
    for rounds in (6, 9, 15):
        for effect in (0, 0.005, 0.01, 0.02):
            for _ in range(50):
                a, b = pairs_with_noise(rng, rounds, effect)
                found = paired.evidence(SPEED.of, b, a)
                assert paired.estimate(found).excludes(1) == (found.p_outside(0, 0) <= 0.05)


def test_3_what_would_be_shown_is_found_in_four_of_five_measurements():
    """In a family of seven rows, at the level of that family."""
    def measured(rng, effect: float) -> compare.Comparison:
        made = runs_of(QUICK, [A, B], 15, lambda row, variant, rep: Run("ok", ops_per_s=math.exp(
            0.01 * rng.standard_normal() + effect * (row is QUICK[0] and variant is B))))
        return compare.compare(made, A, [B], [SPEED], Question(same_within=1e-9))[SPEED][0][0]

    rng = np.random.default_rng(3)
    blank = [measured(rng, 0) for _ in range(30)]
    visible = statistics.median(one.visible for one in blank)
    half = statistics.median(one.half_width for one in blank)
    assert visible > 1.43 * 100 * half
    found = [measured(rng, math.log1p(visible / 100)) for _ in range(150)]
    assert sum(one.verdict == "better" for one in found) / 150 == pytest.approx(0.8, abs=0.12)


def test_4_a_report_of_no_difference_seldom_has_one():
    """Seven rows, each with all its measures: one in a hundred reports is wrong of what is primary,
    and one of what is explored."""
    rng, trials, primary, explored = np.random.default_rng(4), 120, 0, 0

    def run(*_) -> Run:
        x = np.exp(0.02 * rng.standard_normal(11))
        return Run("ok", ops_per_s=1e6 * x[0], peak_rss_kib=9000 * x[1], rss_kib=5000 * x[2],
                   minor_faults=900 * x[3], user_s=x[4], sys_s=x[5], p50_ns=20 * x[6],
                   p99_ns=50 * x[7], p999_ns=90 * x[8], max_ns=5000 * x[9])

    for _ in range(trials):
        (outcome,) = pairs.judge(runs_of(QUICK, [A, B], 15, run)).outcomes
        assert len(outcome.rows) == len(MEASURES) - 1, "all but time"
        primary += outcome.differs
        explored += any(one.verdict in ("better", "worse")
                        for measure, rows in outcome.rows.items() if measure not in PRIMARY
                        for one in rows)
    assert primary / trials <= most(0.01, trials) and explored / trials <= most(0.01, trials)


def test_4_no_peer_is_faster_of_six_equal_ones():
    """None is picked first, and then tested with the runs that it was picked by."""
    mine = Variant("hakmem", "profile", "shared", {}, "default")
    peers = [Variant(name, "peer", "shared", {}) for name in ("mi", "je", "tc", "tbb", "other")]
    rng, trials, weak, strong = np.random.default_rng(5), 150, 0, 0
    for _ in range(trials):
        made = runs_of(QUICK, [mine, *peers], 12, lambda *_: Run(
            "ok", ops_per_s=1e6 * math.exp(0.02 * rng.standard_normal())))
        found = strengths.judge(Cells(made))
        assert (found.cells, found.too_few) == (len(QUICK), 0)
        weak, strong = weak + bool(found.weak), strong + bool(found.strong)
    assert weak / trials <= most(0.01, trials) and strong / trials <= most(0.01, trials)


def test_5_no_verdict_over_lost_rounds():
    """B crashed in 13 of 15, and was half as slow in two."""
    made = runs_of([ROW], [A, B], 15, lambda row, variant, rep: Run(
        "ok" if variant is A or rep < 3 else "ended by signal 11",
        ops_per_s=1e6 * (1.5 if variant is B else 1), peak_rss_kib=1000))
    (outcome,) = pairs.judge(made).outcomes
    assert {one.verdict for rows in outcome.rows.values() for one in rows} == {"lost runs"}
    assert not outcome.differs and not outcome.same


@pytest.mark.parametrize("name, key", [("page faults", "minor_faults"), ("user time", "user_s"),
                                       ("system time", "sys_s")])
def test_5_a_zero_drops_no_row(name, key):
    """One run without any: the row is compared still, by differences, and each round counts."""
    (measure,) = [one for one in MEASURES if one.name == name]
    for zero, more, verdict in ((0, 0, "same"), (4, 0, "same"), (4, 500, "worse")):
        made = runs_of([ROW], [A, B], 12, lambda row, variant, rep: Run("ok", **{
            key: 0 if rep == zero else 1000 + rep + more * (variant is B)}))
        (one,) = compare.compare(made, A, [B], [measure])[measure][0]
        assert (one.rounds, one.layouts) == (12, 12)
        assert one.scale.name == ("difference" if zero else "ratio")
        if not zero or not more:
            assert one.verdict == verdict
        else:
            assert one.effect.value == 500 and one.effect.low > 0


def test_7_values_without_spread_are_no_certainty():
    """Peaks of two levels, the same of both variants: p is never 0, and seldom small."""
    rng, trials = np.random.default_rng(7), 1500
    for rounds, level in ((2, 0.0), (6, 0.0), (9, 0.01)):
        differ = 0
        for _ in range(trials if level else 50):
            made = runs_of([ROW], [A, B], rounds, lambda *_: Run(
                "ok", peak_rss_kib=float(rng.choice([1000, 1004]))))
            (one,) = compare.compare(made, A, [B], [PEAK])[PEAK][0]
            assert one.p_differs >= 2 / 2 ** rounds
            assert (one.verdict == "too few") == (rounds < 8)
            differ += one.verdict in ("better", "worse")
        assert differ / trials <= most(level, trials)


@pytest.mark.parametrize("true, wrong", [(0.95, "met"), (1.05, "missed")])
@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_8_noise_meets_no_bar(true, wrong, noise):
    """A speed of 0.95 of the bar is hardly ever called enough, one of 1.05 hardly ever too little;
    at the bar itself at most one in twenty is either."""
    row = Row("program", (), 1, "load", bar=1.0)
    mine = Variant("hakmem", "profile", "shared", {}, "default")
    peers = [Variant("system", "system", "shared", {}), Variant("mi", "peer", "shared", {})]
    rng, trials = np.random.default_rng(8), 300

    def share(speed: float, verdict: str) -> float:
        found = []
        for _ in range(trials):
            made = runs_of([row], [mine, *peers], 9, lambda _, variant, rep: Run(
                "ok", ops_per_s=1e6 * (speed if variant is mine else 1)
                * math.exp(noise * rng.standard_normal()), peak_rss_kib=1000))
            found += [bar.verdict for bar in bars.judge(Cells(made)) if bar.what == "speed"]
        return found.count(verdict) / trials

    assert share(true, wrong) <= 0.02
    assert share(1.0, wrong) <= most(0.05, trials)
    right = {"met": "missed", "missed": "met"}[wrong]
    assert noise > 0.05 or share(true, right) > 0.5
