"""Too few runs give no verdict: not in a file, not on the terminal, not as an exit status."""

import csv

import pytest

from bench import ab, fit_study, header_ab, matrix, noise, replay, study, sweep
from bench.lab.judge.measures import PRIMARY
from bench.lab.select.rows import FULL, QUICK
from bench.lab.select.studies import STUDIES
from bench.lab.stats import families
from bench.lab.stats.estimate import FAMILY, LEVEL

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


@pytest.mark.parametrize("reps", [1, 2, 5, 8])
def test_ab(lab, reps):
    """Speed and peak are a family of two, for which 9 pairs are the fewest."""
    refused = lab.ab("system", "hakmem", *TINY, "--reps", str(reps), out="none")
    assert refused.status == 2 and not refused.folder.exists() and not lab.order()
    assert refused.err == (
        f"ab: --reps: with {reps} rounds, none of 2 comparisons (speed and memory of each row and "
        "variant) can be sure; take at least --reps 9, fewer rows or variants, or --no-verdict to "
        "measure all the same\n")
    outcome = lab.ab("system", "hakmem", *TINY, "--reps", str(reps), "--no-verdict")
    assert outcome.status == 0
    lines = of_csv(outcome, "comparisons.csv")
    assert {line["verdict"] for line in lines} == {"too few"}
    assert all((line["low"] == line["high"] == "") == (reps < 6) for line in lines)
    says = ("hakmem against system, speed: too few in 1 of 1 rows; memory: too few in 1 of 1 rows.",
            f"{FEW}: {reps}, and it takes 9")
    for text in (outcome.out, outcome.summary, outcome.html_words):
        words = " ".join(text.split())
        assert "inf" not in words.replace("information", "")
        assert "hakmem faster" not in words and "<td>same within" not in words
        assert says[0] in words
    assert says[1] in " ".join(outcome.out.split()) and says[1] in outcome.summary
    assert any(one.startswith(FEW) for one in outcome.run["doubts"]) == (reps < 6)


def test_nine_are_enough(lab):
    outcome = lab.ab("system", "hakmem", *TINY, "--reps", "9")
    assert {line["verdict"] for line in of_csv(outcome, "comparisons.csv")
            if line["family"] == "primary"} == {"better"}
    assert FEW not in outcome.out and not [one for one in outcome.run["doubts"] if FEW in one]


def test_without_a_number_of_rounds_there_are_enough(lab):
    """42 rows and two measures take 15 rounds and have more; a verdict is possible in each."""
    outcome = lab.ab("system", "hakmem", "--full", "--threads", "1", "--bench",
                     "tiny_hot,random_mixed,batch,cold,realloc")
    assert outcome.status == 0, outcome.err
    found = of_csv(outcome, "comparisons.csv")
    assert {line["rounds"] for line in found} == {"24"} and len(found) > 50
    assert {line["verdict"] for line in found if line["family"] == "primary"} == {"better"}


@pytest.mark.parametrize("reps", [1, 2])
def test_matrix(lab, reps):
    outcome = lab.run(*TINY, "--reps", str(reps))
    assert outcome.status == 0
    assert {line["verdict"] for line in of_csv(outcome, "bars.csv")} == {"too few"}
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


@pytest.mark.parametrize("then, now, told", [
    (1, 9, False), (39, 1, False), (3, 3, False), (4, 4, False), (2, 8, False), (2, 39, False),
    (3, 11, False), (3, 12, True), (5, 6, True), (5, 5, False)])
def test_baseline(lab, then, now, told):
    """Runs that are no pairs: as many as Mann and Whitney's test needs for two comparisons."""
    outcome = baseline(lab, then, now)
    found = {line["verdict"] for line in of_csv(outcome, "regressions.csv")}
    assert found == ({"same"} if told else {"too few"})
    assert ("1 too few" in outcome.summary) == (not told)


def test_fail_on_regression_is_refused_beforehand(lab):
    """Nothing is measured that cannot answer."""
    before = len(lab.order())
    outcome = baseline(lab, 3, 3, "--fail-on-regression")
    assert outcome.status == 2 and not outcome.folder.exists()
    assert outcome.err == ("matrix: --fail-on-regression: 3 rounds against 3 earlier are too few to "
                           "tell in 2 comparisons; take at least --reps 12\n")
    assert len(lab.order()) == before + 6
    outcome = lab.run("--bench", "larson", "--baseline", "then", "--fail-on-regression", out="new")
    assert outcome.status == 2 and not outcome.folder.exists()
    assert "has no run of these rows with a variant of hakmem's" in outcome.err


def test_fail_on_regression_when_runs_fail(lab):
    """That is no success, however many are left."""
    lab.run(*TINY, "--reps", "6", out="then")
    lab._variants.clear()
    lab.variant("hakmem", "[ $n -eq 8 ] && exit 1; result 2250000 100 5", profile="default")
    lab.variant("system", "result 1000000 900 50", kind="system")
    outcome = lab.run(*TINY, "--reps", "6", "--baseline", "then", "--fail-on-regression", out="now")
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1] == (
        "matrix: --fail-on-regression: cannot tell: runs failed in 2 of 2 comparisons")


def family(rows: int, others: int = 1) -> int:
    """Comparisons of speed and peak."""
    return rows * others * 2


def test_defaults_are_enough():
    """No command that is called without --reps measures for nothing."""
    for module in (ab, sweep, study, header_ab):
        least = families.least_rounds(family(len(FULL)))
        assert getattr(module, "FULL_REPS", 99) >= least, module
        assert getattr(module, "QUICK_REPS", 99) >= families.least_rounds(family(len(QUICK)))
    assert min(noise.REPS, replay.REPS, fit_study.REPS, header_ab.REPS) >= \
        families.least_rounds(family(1))
    assert len(PRIMARY) == 3, "speed or time, and peak RSS"
    for name, of in STUDIES.items():
        assert of.reps >= families.LEAST, name


@pytest.mark.parametrize("reps, rows", [(matrix.QUICK_REPS, QUICK), (matrix.FULL_REPS, FULL)])
def test_a_matrix_can_tell(reps, rows):
    """Against five peers: whether a bar is met, and whether it is missed."""
    peers, one_sided = 5, families.least_p(reps) / 2
    assert families.enough(reps) and peers * one_sided <= 1 - LEVEL
    if rows is QUICK:
        assert len(rows) * one_sided <= FAMILY, "whether the default is faster than every peer"
