"""bazel run //bench:simulate: it sees a judge that is wrong, and none where the judge is right."""

import csv
import json
import re

import numpy as np
import pytest

from bench import ab, matrix, simulate
from bench.lab.judge import bars, compare, regress, strengths
from bench.lab.judge.measures import SPEED
from bench.lab.select.rows import QUICK
from bench.lab.simulate import figures, in_matrix, made_up, reports, settings
from bench.lab.simulate.settings import SETTINGS
from bench.lab.stats import families, occasions, rank_sums, units
from bench.lab.stats.estimate import LEVEL
from bench.lab.stats.looks import Looks
from bench.lab.stats.signed_ranks import SignedRanks

BY_NAME = {setting.name: setting for setting in SETTINGS}
MARK = "<!-- table: written by bazel run //bench:simulate -->"
END = "<!-- end of the table -->"


def run(setting: str, experiment: str, count: int) -> list[figures.Figure]:
    plan = [(BY_NAME[setting], one, count) for one in reports.EXPERIMENTS if one.name == experiment]
    return list(reports.simulate(plan, 1, lambda _: None, lambda: None))


def broken(setting: str, experiment: str, count: int) -> set[str]:
    return {one.what.name for one in figures.broken(run(setting, experiment, count))}


def narrow(monkeypatch):
    """Intervals of two thirds, called intervals of 95 %."""
    interval = SignedRanks.interval
    monkeypatch.setattr(SignedRanks, "interval", lambda self, alpha: interval(self, 7 * alpha))


def uncorrected(monkeypatch):
    monkeypatch.setattr(families, "bonferroni", lambda p_values, _parts: p_values)


def every_round_counts(monkeypatch):
    """Though many are of the same layout."""
    monkeypatch.setattr(units, "values", lambda rounds, _layouts: list(rounds.values()))


def nothing_found_is_the_same(monkeypatch):
    monkeypatch.setattr(SignedRanks, "p_inside", lambda self, low, high: 0.0 if self.p_outside(
        low, high) > 0.01 else 1.0)


def doubtful_bars_are_met(monkeypatch):
    monkeypatch.setattr(bars, "LEVEL", 0.5)


def one_family_each(monkeypatch):
    monkeypatch.setattr(strengths, "FAMILY", 0.5)


def without_the_system(monkeypatch):
    logs = regress._logs
    monkeypatch.setattr(regress, "_logs", lambda measure, made, _base: logs(measure, made, None))


def few_values_are_enough(monkeypatch):
    below = rank_sums.RankSums.p_above
    monkeypatch.setattr(rank_sums.RankSums, "p_above", lambda self, x: below(self, x) ** 3)


def errors_between_do_not_count(monkeypatch):
    join = occasions.join

    def fixed(values, errors, shared=0.0):
        error = float(np.sqrt(np.sum(np.square(errors)))) / len(values)
        return occasions.Joined(join(values, errors).centre, error, 0.0, len(values))

    monkeypatch.setattr(occasions, "join", fixed)


def every_layout_is_new(monkeypatch):
    join = occasions.join
    monkeypatch.setattr(occasions, "join", lambda values, errors, _shared=0.0: join(values, errors))


def looks_spend_what_they_like(monkeypatch):
    take = Looks.take
    monkeypatch.setattr(Looks, "take", lambda self, share: 10 + take(self, share))


def optimists(monkeypatch):
    monkeypatch.setattr(compare, "POWER", 0.1)


JUDGES = [
    (narrow, "own", "no difference", 30, "covers"),
    (uncorrected, "own", "no difference", 30, "false report"),
    (uncorrected, "own", "no difference", 30, "false explored"),
    (every_round_counts, "reused", "no difference", 25, "covers"),
    (nothing_found_is_the_same, "tails", "at the edge of the same", 15, "wrong same"),
    (optimists, "own", "what it would show", 40, "shown"),
    (doubtful_bars_are_met, "own", "bars", 10, "1.0 met"),
    (one_family_each, "own", "strengths", 25, "false weakness"),
    (without_the_system, "own", "changes", 15, "false change"),
    (few_values_are_enough, "own", "changes", 15, "false change"),
    (errors_between_do_not_count, "own", "occasions", 30, "covers 2 10"),
    (every_layout_is_new, "layouts", "occasions", 40, "covers 0 10"),
    (looks_spend_what_they_like, "own", "until known: within 1, edge", 40, "within 1, edge wrong"),
]


@pytest.mark.parametrize("judge, setting, experiment, count, seen", JUDGES,
                         ids=[f"{judge[0].__name__}-{judge[-1]}" for judge in JUDGES])
def test_a_wrong_judge_is_seen(monkeypatch, judge, setting, experiment, count, seen):
    judge(monkeypatch)
    assert seen in broken(setting, experiment, count)


@pytest.mark.parametrize("setting, experiment, count", sorted(
    {(setting, experiment, count) for _, setting, experiment, count, _ in JUDGES}))
def test_the_judge_is_not_wrong(setting, experiment, count):
    assert broken(setting, experiment, count) == set()


@pytest.mark.parametrize("setting", [one for one in SETTINGS if not one.of_pairs],
                         ids=lambda one: one.name)
def test_runs_are_as_slow_as_they_should_be(setting):
    """In many rounds, of many measurements: B takes 1.1 times as long, in every kind of noise."""
    factors = np.array([[1.0, 1.1]] * len(QUICK))
    variants = [made_up.variant(name, QUICK, setting) for name in "ab"]
    measured = made_up.Measurement(setting, QUICK, variants, 32, factors)
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(10):
        runs = measured.runs(rng)
        for row in QUICK:
            a, b = runs.of(row, "a"), runs.of(row, "b")
            assert sorted(a) == sorted(b) == list(range(1, 33))
            ratios += [np.log(a[rep].ops_per_s / b[rep].ops_per_s) for rep in a]
            drawn = [run.layout for run in a.values()]
            assert drawn == [run.layout for run in b.values()]
            assert sorted(drawn) == (list(range(32)) if setting.links > 1 else [-1] * 32)
    assert np.median(ratios) == pytest.approx(np.log(1.1), abs=0.01)


def test_ties_and_zeros_are_there():
    def values(setting, of):
        variants = [made_up.variant(name, QUICK, setting) for name in "ab"]
        runs = made_up.Measurement(setting, QUICK, variants, 100, np.ones((len(QUICK), 2)),
                                   setting.measure).runs(np.random.default_rng(1))
        return [of(run) for row in QUICK for name in "ab" for run in runs.of(row, name).values()]

    assert len(set(values(BY_NAME["ties"], lambda run: run.peak_rss_kib))) == 3
    faults = values(BY_NAME["zeros"], lambda run: run.minor_faults)
    assert sum(fault == 0 for fault in faults) == pytest.approx(0.3 * len(faults), rel=0.1)


def test_the_rounds_are_those_of_the_commands():
    assert (settings.ROUNDS, settings.FULL_ROUNDS) == (ab.QUICK_REPS, ab.FULL_REPS)
    assert in_matrix.ROUNDS == matrix.QUICK_REPS


def test_a_promise_is_broken_only_where_that_is_sure():
    what = figures.What("w", "words", at_most=0.05)
    counts = figures.Counts()
    for number in range(100):
        counts.add(what, number < 9)
    one = figures.Figure(BY_NAME["own"], reports.EXPERIMENTS[0], what, *counts.estimate(what))
    assert one.found.value == 0.09 and one.cases == 100
    assert 0.05 < one.p < 0.07  # nine or more of 100 where five are expected
    assert figures.broken([one]) == []
    sure = figures.Figure(one.setting, one.experiment, figures.What("v", "", at_least=0.97),
                          one.found, one.cases)
    assert figures.broken([one, sure]) == [sure]


def lines(outcome) -> list[dict[str, str]]:
    return list(csv.DictReader((outcome.folder / "simulate.csv").read_text().splitlines()))


def call(bench, *words: str, out: str = "out"):
    """The command, which takes no --manifest."""
    status = None
    bench._capsys.readouterr()
    try:
        status = simulate.main([f"--out={out}", *words])
    except SystemExit as error:
        status = error.code
    printed = bench._capsys.readouterr()
    return bench.outcome(status, printed.out, printed.err, out)


def test_the_command(bench):
    page = bench.root / "page.md"
    page.write_text(f"before\n{MARK}\nstale\n{END}\nbehind\n")
    outcome = call(bench, "--reports", "4", "--setting", "own,ties", "--seed", "1",
                   "--document", "page.md")
    assert (outcome.status, outcome.err) == (0, "")
    found = lines(outcome)
    assert {line["setting"] for line in found} == {"own", "ties"}
    assert {line["experiment"] for line in found} == {one.name for one in reports.EXPERIMENTS}
    told = json.loads((outcome.folder / "simulate.json").read_text())
    assert (told["seed"], told["reports"]) == (1, 4) and len(told["figures"]) == len(found)
    assert [one["percent"] for one in told["figures"]] == pytest.approx(
        [float(line["percent"]) for line in found], rel=1e-5)
    covers = found[0]
    assert (covers["what"], covers["at_least"], covers["cases"]) == ("covers", "95", "32")
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("behind\n") and "stale" not in text
    row = re.search(r"^\| the interval holds the truth \| >= 95 \| ([\d.]+) \|", text, re.M)
    assert float(row[1]) == pytest.approx(float(covers["percent"]), abs=0.1)
    assert text.partition(MARK)[2].partition(END)[0].strip() in outcome.summary
    assert "the interval holds the truth" in outcome.out and "4 of" not in outcome.err


def test_a_report_is_the_same_whatever_else_is_simulated(bench):
    both = lines(call(bench, "--reports", "2", "--setting", "own,zeros", "--seed", "7"))
    alone = lines(call(bench, "--reports", "2", "--setting", "zeros", "--seed", "7", out="alone"))
    other = lines(call(bench, "--reports", "2", "--setting", "zeros", "--seed", "8", out="other"))
    assert alone == [line for line in both if line["setting"] == "zeros"] != other


def test_ctrl_c_keeps_what_is_finished(bench, monkeypatch):
    simulated = reports.simulate

    def interrupted(*arguments):
        for number, one in enumerate(simulated(*arguments)):
            if number == 3:
                raise KeyboardInterrupt
            yield one

    monkeypatch.setattr(reports, "simulate", interrupted)
    outcome = call(bench, "--reports", "2", "--setting", "own")
    assert outcome.status == 130 and "interrupted: what is there is in" in outcome.err
    assert len(lines(outcome)) == 3


@pytest.mark.parametrize("words, says", [
    (("--setting", "own,other"), "--setting: there is no other; there are own, common"),
    (("--document", "none.md"), "--document: "),
    (("--reports", "0"), "is not a whole number from 1"),
])
def test_wrong_use(bench, words, says):
    outcome = call(bench, *words)
    assert outcome.status == 2 and says in outcome.err
    assert not outcome.folder.exists()


def test_what_measures_speed_is_speed():
    """The level of an interval that the simulations ask for is that of the laboratory."""
    found = run("own", "no difference", 2)
    assert found[0].what.at_least == LEVEL and found[0].setting.measure is SPEED
