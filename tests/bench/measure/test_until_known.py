"""Measuring until what is asked of each row is known, at looks that find no more by chance."""

import csv
import math

import numpy as np
import pytest

from bench.lab.base.errors import UsageError
from bench.lab.judge.compare import TOO_FEW
from bench.lab.measure import asked
from bench.lab.measure.asked import OfSeconds
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.run.until import Rounds, Seconds
from bench.lab.select import options
from bench.lab.select.question import SAME, Question
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

A, B = (Variant(name, "profile", "shared", {}, name) for name in "ab")
ROWS = [Row("program", (str(i),), 1, "load") for i in range(3)]


class Clock:
    """Seconds that pass as a test says."""

    def __init__(self):
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def measured(what: OfSeconds, clock: Clock, rows: list[Row], run, most: int = 10_000) -> Runs:
    """Runs rounds of a second for each row, B's speed from `run`, until nothing is left."""
    runs = Runs(rows, [A, B])
    rep = 0
    while (left := what.until.left(rows, runs)) and rep < most:
        rep += 1
        for row in left:
            clock.time += 1
            for variant in (A, B):
                runs.add(Job(row, variant, rep), run(row, variant, rep), "raw")
    return runs


def speeds(ratios: dict[Row, float], noise: float = 0.01, seed: int = 1):
    """Of B as a ratio to A's, by row."""
    rng = np.random.default_rng(seed)

    def run(row: Row, variant: Variant, _rep: int) -> Run:
        return Run("ok", ops_per_s=1e6 * (ratios[row] if variant is B else 1)
                   * math.exp(noise * rng.standard_normal()), peak_rss_kib=9000)
    return run


def test_a_row_ends_when_it_is_known():
    """And its time goes to the others."""
    clock = Clock()
    what = OfSeconds(Question(same_within=0.001), 100, clock)
    runs = measured(what, clock, ROWS, speeds(dict(zip(ROWS, (1.5, 0.5, 1.0)))))
    rounds = [len(runs.of(row, "a")) for row in ROWS]
    assert rounds[0] == rounds[1] < 60 and rounds[2] == pytest.approx(300 - sum(rounds[:2]), abs=2)
    assert clock.time == pytest.approx(300, abs=3)
    (outcome,) = what.judge(runs).outcomes
    assert [one.verdict for one in outcome.primary][:3] == ["better", "worse", "not known"]


@pytest.mark.parametrize("question, ratio, verdict", [
    (Question(same_within=0.02, same_first=True), 1.0, "same"),
    (Question(better_by=0.02), 1.05, "better"), (Question(better_by=0.02), 0.95, "worse")])
def test_the_answer_is_what_was_asked(question, ratio, verdict):
    clock = Clock()
    what = OfSeconds(question, 1000, clock)
    runs = measured(what, clock, ROWS[:1], speeds({ROWS[0]: ratio}))
    (outcome,) = what.judge(runs).outcomes
    assert outcome.primary[0].verdict == verdict and clock.time < 600


def test_precision():
    clock = Clock()
    what = OfSeconds(Question(precision=0.01), 1000, clock)
    runs = measured(what, clock, ROWS[:1], speeds({ROWS[0]: 1.0}))
    (outcome,) = what.judge(runs).outcomes
    assert outcome.primary[0].half_width <= 0.01 and clock.time < 800


def test_the_end_of_the_time_is_the_last_look():
    """All levels are spent; what would settle it is said."""
    clock = Clock()
    what = OfSeconds(Question(same_within=1e-6), 40, clock)
    runs = measured(what, clock, ROWS[:1], speeds({ROWS[0]: 1.002}))
    (outcome,) = what.judge(runs).outcomes
    assert outcome.primary[0].verdict == "not known" and outcome.primary[0].needed > 40
    assert outcome.primary[0].part == pytest.approx(1 - 0.85 ** 2, abs=0.05)


def test_an_interrupted_measurement_is_looked_at_once_more():
    """With levels of its own: those of the look before are spent."""
    clock = Clock()
    what = OfSeconds(Question(), 100, clock)
    runs = measured(what, clock, ROWS[:1], speeds({ROWS[0]: 1.0}, noise=0.5), most=35)
    (outcome,) = what.judge(runs).outcomes
    assert outcome.primary[0].part == pytest.approx(0.35 ** 2 - 0.3 ** 2)


def test_a_row_that_lost_runs_ends():
    """It cannot have a verdict any more."""
    clock = Clock()
    run = speeds(dict.fromkeys(ROWS, 1.0), noise=0.5)
    what = OfSeconds(Question(), 100, clock)
    runs = measured(what, clock, ROWS[:2], lambda row, variant, rep: Run("exit status 1")
                    if row is ROWS[0] and variant is B and rep == 2 else run(row, variant, rep))
    assert len(runs.of(ROWS[0], "a")) <= 22 < 100 < len(runs.of(ROWS[1], "a"))


def test_of_a_hundred_measurements_of_no_difference_one_is_wrong():
    """Two rows, looked at eight times."""
    trials, wrong = 400, 0
    for seed in range(trials):
        clock = Clock()
        what = OfSeconds(Question(same_within=1e-9), 30, clock)
        runs = measured(what, clock, ROWS[:2], speeds(dict.fromkeys(ROWS, 1.0), seed=seed))
        (outcome,) = what.judge(runs).outcomes
        wrong += outcome.differs
    assert wrong / trials <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / trials)


def test_rounds_and_seconds_say_how_far_they_are():
    rounds = Rounds(4)
    assert [bool(rounds.left(ROWS, Runs(ROWS, []))) for _ in range(5)] == [True] * 4 + [False]
    assert rounds.share() == 1
    clock = Clock()
    clock.time = 7.0
    seconds = Seconds(10, lambda *_: {ROWS[1].key}, clock)
    assert seconds.share() == 0
    assert seconds.left(ROWS, Runs(ROWS, [])) == [ROWS[0], ROWS[2]]
    clock.time = 22.0
    assert seconds.share() == pytest.approx(0.5)
    clock.time = 38.0
    assert seconds.share() == 1 and seconds.left(ROWS, Runs(ROWS, [])) == []


@pytest.mark.parametrize("given, default, rows, others, found", [
    (None, 15, 1, 1, 15), (None, 9, 2, 3, 12), (None, 15, 42, 1, 15), (None, 15, 42, 3, 16),
    (9, 15, 1, 1, 9), (40, 15, 42, 9, 40)])
def test_rounds_that_suffice(given, default, rows, others, found):
    assert asked.rounds(given, default, rows, others, False) == found


def test_rounds_that_do_not():
    with pytest.raises(UsageError) as raised:
        asked.rounds(14, 15, 42, 1, False)
    assert str(raised.value) == (
        "--reps: with 14 rounds, none of 84 comparisons (speed and memory of each row and variant) "
        "can be sure; take at least --reps 15, fewer rows or variants, or --no-verdict to measure "
        "all the same")
    assert asked.rounds(14, 15, 42, 1, True) == 14


def chosen(*words: str):
    parser = options.parser("ab", "", [])
    options.add_question(parser)
    options.add_runs(parser, "", "ab")
    return parser.parse_args(words)


@pytest.mark.parametrize("words, question, seconds", [
    ([], Question(0, SAME), None),
    (["--better-by", "1"], Question(0.01, 0.01), 60),
    (["--better-by", "1", "--same-within", "3"], Question(0.01, 0.03, True), 60),
    (["--same-within", "2"], Question(0, 0.02, True), 60),
    (["--precision", "1", "--within", "5"], Question(0, SAME, False, 0.01), 5),
    (["--within", "7"], Question(0, SAME), 7),
    (["--same-within", "2", "--reps", "9"], Question(0, 0.02, True), None),
])
def test_what_is_asked(words, question, seconds):
    found = chosen(*words)
    assert options.question_of(found) == question
    assert options.seconds_of(found) == seconds


@pytest.mark.parametrize("words, says", [
    (["--precision", "1", "--reps", "9"], "--precision: measures as often as it takes; leave out"),
    (["--within", "1", "--reps", "9"], "--within: is the time to an answer; leave out --reps"),
])
def test_questions_that_contradict_themselves(words, says):
    with pytest.raises(UsageError) as raised:
        options.question_of(chosen(*words))
    assert str(raised.value).startswith(says)


def test_the_command(bench):
    """Until it is known, and no longer; run.json says what was asked."""
    bench.variant("a", "result $((1000000 + n * 37 % 11 * 100)) 9000")
    bench.variant("b", "result $((1100000 + n * 53 % 7 * 100)) 9000")
    outcome = bench.ab("a", "b", "--bench", "tiny_hot", "--better-by", "2", "--within", "3")
    assert outcome.status == 0, outcome.err
    with open(outcome.folder / "comparisons.csv", newline="", encoding="utf-8") as file:
        (line,) = [line for line in csv.DictReader(file) if line["measure"] == "speed"]
    assert line["verdict"] == "better" and float(line["at_least"]) > 0.02
    assert outcome.run["question"] == "better by more than 2 %; same within 2 %"
    assert outcome.run["reps"] == int(line["rounds"]) > 8
    assert " % of the time" in outcome.out


def test_too_little_time(bench):
    """Is told as too few runs, not as a difference nor as none."""
    bench.variant("a", "result $((1000000 + n * 37 % 11 * 100)) 9000")
    bench.variant("b", "sleep 0.1; result 1100000 9000")
    outcome = bench.ab("a", "b", "--bench", "tiny_hot", "--within", "0.3")
    assert outcome.status == 0, outcome.err
    with open(outcome.folder / "comparisons.csv", newline="", encoding="utf-8") as file:
        assert {line["verdict"] for line in csv.DictReader(file)} == {TOO_FEW}
