"""Too few runs give no verdict: not in a file, not on the terminal, not as an exit status."""

import csv

import pytest

from bench import ab, fit_study, header_ab, matrix, noise, replay, study, sweep
from bench.lab.judge import stats
from bench.lab.select.studies import STUDIES

TINY = ["--bench", "tiny_hot"]
FEW = "too few runs to tell"


def of_csv(outcome, name: str) -> list[dict[str, str]]:
    with open(outcome.folder / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def lab(bench):
    """One is clearly better, in each run the same."""
    bench.variant("hakmem", "result 2250000 100 5", profile="default")
    bench.variant("system", "result 1000000 900 50", kind="system")
    return bench


@pytest.mark.parametrize("reps", [1, 2, 5])
def test_ab(lab, reps):
    outcome = lab.ab("system", "hakmem", *TINY, "--reps", str(reps))
    assert outcome.status == 0
    lines = of_csv(outcome, "comparisons.csv")
    assert {line["verdict"] for line in lines} == {"too few"}
    assert all(line["low"] == line["high"] == "" for line in lines)
    says = f"hakmem against system, speed: {FEW}: {reps}, and it takes 6"
    for text in (outcome.out, outcome.summary, outcome.html_words):
        words = " ".join(text.split())
        assert says in words and "inf" not in words.replace("information", "")
        assert "hakmem faster" not in words and "no difference found;" not in words
    assert any(one.startswith(FEW) for one in outcome.run["doubts"])


def test_six_are_enough(lab):
    outcome = lab.ab("system", "hakmem", *TINY, "--reps", "6")
    assert {line["verdict"] for line in of_csv(outcome, "comparisons.csv")
            if line["measure"] in ("speed", "peak RSS")} == {"better"}
    assert FEW not in outcome.out and not [one for one in outcome.run["doubts"] if FEW in one]


@pytest.mark.parametrize("reps", [1, 2])
def test_matrix(lab, reps):
    outcome = lab.run(*TINY, "--reps", str(reps))
    assert outcome.status == 0
    assert {line["met"] for line in of_csv(outcome, "bars.csv")} == {"too few"}
    assert {line["verdict"] for line in of_csv(outcome, "targets.csv")} <= {
        "too few runs", "not measured"}
    cells = outcome.tables()["bench_tiny_hot 32 100 300000"]
    assert cells["hakmem"][2] == "2.25?"
    strong = outcome.summary.split("## Strengths")[1].split("## ")[0]
    assert f"- {FEW} in 1 of 1 rows" in strong and "2.25 of" not in strong
    assert f"No verdict: {FEW}: {reps}, and it takes 6." in outcome.summary  # on outliers
    for text in (outcome.out, outcome.summary, outcome.html_words):
        words = " ".join(text.split())
        assert f"No verdict on 2 bars: {FEW}: {reps}, and it takes 6" in words
        assert "bars met" not in words and "MISSED" not in words
        assert f"oubtful: {FEW}: {reps}" in words


def baseline(lab, then: int, now: int, *words: str):
    lab.run(*TINY, "--reps", str(then), out="then")
    return lab.run(*TINY, "--reps", str(now), "--baseline", "then", *words, out="now")


@pytest.mark.parametrize("then, now, told", [(1, 9, False), (39, 1, False), (3, 3, False), (4, 4, True),
                                             (2, 8, False), (2, 39, False), (3, 8, True), (5, 6, True)])
def test_baseline(lab, then, now, told):
    """Runs that are no pairs: as many as Mann and Whitney's test needs."""
    outcome = baseline(lab, then, now)
    found = {line["verdict"] for line in of_csv(outcome, "regressions.csv")}
    assert found == ({"same"} if told else {"too few"})
    assert ("2 too few" in outcome.summary or "1 too few" in outcome.summary) == (not told)


def test_fail_on_regression_is_refused_beforehand(lab):
    """Nothing is measured that cannot answer."""
    before = len(lab.order())
    outcome = baseline(lab, 3, 3, "--fail-on-regression")
    assert outcome.status == 2 and not outcome.folder.exists()
    assert outcome.err == ("matrix: --fail-on-regression: 3 rounds against 3 earlier are too few to "
                           "tell; take at least --reps 5\n")
    assert len(lab.order()) == before + 6
    outcome = lab.run("--bench", "larson", "--baseline", "then", "--fail-on-regression", out="new")
    assert outcome.status == 2 and not outcome.folder.exists()
    assert "has no run of these rows with a variant of hakmem's" in outcome.err


def test_fail_on_regression_when_runs_fail(lab):
    """Too few of them are left: that is no success."""
    lab.run(*TINY, "--reps", "6", out="then")
    lab._variants.clear()
    lab.variant("hakmem", "[ $n -gt 8 ] && exit 1; result 2250000 100 5", profile="default")
    lab.variant("system", "result 1000000 900 50", kind="system")
    outcome = lab.run(*TINY, "--reps", "6", "--baseline", "then", "--fail-on-regression", out="now")
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1] == (
        f"matrix: --fail-on-regression: cannot tell: {FEW} in 2 of 2 comparisons")


def test_defaults_are_enough():
    """No command that is called without --reps measures for nothing."""
    for module in (ab, matrix, sweep, study, header_ab):
        assert min(getattr(module, "QUICK_REPS", 99), getattr(module, "FULL_REPS", 99)) >= \
            stats.LEAST_PAIRS, module
    assert min(noise.PAIRS, replay.REPS, fit_study.REPS, header_ab.REPS,
               *(one.reps for one in STUDIES.values())) >= stats.LEAST_PAIRS
