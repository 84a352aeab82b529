"""The laboratory on itself: what was recorded with nothing to find, and with a known slow-down; and
the command that does the same anew."""

import csv
import dataclasses
import json
from pathlib import Path

import pytest

from bench import noise
from bench.lab.judge import compare
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import SPEED
from bench.lab.noise import known
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.studies import NOISE
from bench.lab.select.variant import Variant

# Runs of one library on a shared machine with two cores: row -> variant -> a thousand operations a
# second, by round.  `hakmem-slowed` did 3 % more work than it counted.
RECORDED = json.loads((Path(__file__).absolute().parent / "noise.json").read_text(encoding="utf-8"))
ROWS = [Row(title.split()[0], tuple(title.split()[1:]), 1, "") for title in RECORDED]
ADDED = 3.0
ROUNDS = 300
MOST_HIDDEN = "bench_vm_mixed"  # whose added work takes less time than the rest of its work


def blocks(other: str, pairs: int) -> list[list[Comparison]]:
    """All rows of each block of so many rounds, judged as one measurement with this variant."""
    a, b = (Variant(name, "profile", "shared", {}) for name in ("hakmem", other))
    found = []
    for first in range(0, ROUNDS - pairs + 1, pairs):
        runs = Runs(list(ROWS), [a, b])
        for row in ROWS:
            for variant in (a, b):
                speeds = RECORDED[f"{row.program} {row.params}"][variant.name]
                for rep in range(first, first + pairs):
                    runs.add(Job(row, variant, rep), Run("ok", ops_per_s=1000 * speeds[rep]), "")
        (rows,) = compare.compare(runs, a, [b], [SPEED])[SPEED]
        found.append(rows)
    return found


@pytest.mark.parametrize("pairs", [15, 50, 100])
def test_nothing_is_found_where_there_is_nothing(pairs):
    """No report has a difference; the 95 % intervals alone leave 1 out in one of twenty."""
    found = blocks("hakmem-again", pairs)
    alone = [one.effect.excludes(1) for rows in found for one in rows]
    assert len(alone) == len(ROWS) * (ROUNDS // pairs)
    assert sum(alone) <= 0.05 * len(alone)
    assert {one.verdict for rows in found for one in rows} <= {"same", compare.NOT_KNOWN}


def test_more_rounds_say_the_same_more_often():
    same = [sum(one.verdict == "same" for rows in blocks("hakmem-again", pairs) for one in rows)
            / len(ROWS) / (ROUNDS // pairs) for pairs in (15, 50, 300)]
    assert same == sorted(same) and 0.1 < same[0] < 0.5 and same[2] == 1


def test_the_slow_down_is_found():
    """With all pairs of a row, as much as it is; with fewer never as its contrary."""
    (whole,) = blocks("hakmem-slowed", ROUNDS)
    for one in whole:
        if one.row.program != MOST_HIDDEN:
            assert one.verdict == "worse", one.row
            assert 100 * (1 / one.effect.value - 1) == pytest.approx(ADDED, abs=0.5)
            assert 0 < one.at_least < ADDED / 100
    for pairs, least in ((15, 0.15), (50, 0.5), (100, 0.75)):
        verdicts = [one.verdict for rows in blocks("hakmem-slowed", pairs) for one in rows]
        assert "better" not in verdicts
        assert verdicts.count("worse") >= least * len(verdicts)


def test_what_would_be_shown_is_shown_mostly():
    """Where a block says that it would show less than 3 % in four cases of five, it mostly does."""
    told = [one for pairs in (15, 30, 50) for rows in blocks("hakmem-slowed", pairs) for one in rows
            if one.row.program != MOST_HIDDEN and one.visible < 100 * (1 - 1 / (1 + ADDED / 100))]
    assert len(told) >= 60
    assert sum(one.verdict == "worse" for one in told) >= 0.8 * len(told)


SPEEDS = "result $((100000000 + n * 37 % 11 * 30000)) $((4000 + ${BENCH_BALLAST:-0})) 1000"


def measured(bench, *words: str) -> tuple:
    bench.variant("hakmem", SPEEDS, profile="default")
    outcome = bench.command(noise, "--reps", "9", "--bench", "batch", "--seed", "1", *words)
    with open(outcome.folder / "noise.csv", newline="", encoding="utf-8") as file:
        return outcome, list(csv.DictReader(file))


def test_the_command(bench):
    """Each program says how much it did; the slowed one does more and counts the same."""
    outcome, lines = measured(bench, "--trials", "2")
    assert outcome.status == 0, outcome.err
    assert [(line["pair"], line["trial"], line["verdict"]) for line in lines] == [
        (pair, str(trial), verdict) for trial in (1, 2) for pair, verdict in (
            ("again", "same"), ("added-1", "worse"), ("added-3", "worse"), ("memory", "worse"))]
    for line in lines:
        change = {"again": 0, "added-1": -1, "added-3": -2.9, "memory": 3.2}[line["pair"]]
        assert float(line["change_percent"]) == pytest.approx(change, abs=0.3)
        assert (line["rounds"], line["differs"]) == ("9", str(int(line["pair"] != "again")))
    runs = [line.split(" ", 2) for line in bench.order()]
    assert len(runs) == 2 * 9 * 2 * 4
    assert sorted({args for _, _, args in runs}) == [
        "256 512 20000 random", "256 512 20200 random", "256 512 20600 random"]
    for words in ("again: no difference; called different in 0 of 2 rows (0 to 84 %), in 0 of 2 "
                  "measurements as a whole; called the same in 2 of 2 rows (16 to 100 %).",
                  "added-3: 3 % of added work, found in 2 of 2 rows (16 to 100 %).",
                  "memory: 128 KiB more at the peak, found in 2 of 2 rows (16 to 100 %)."):
        assert f"- {words}" in outcome.summary and words in " ".join(outcome.out.split())
    inner = bench.outcome(0, "", "", "out/added-3-2")
    assert inner.run["reps"] == 9 and len(inner.lines) == 18


def test_a_difference_where_there_should_be_none_is_told(bench):
    """Of two names that are not the same machine code after all."""
    bench.variant("hakmem-header-classidx-off", "result 90000000 4000 1000")
    outcome, lines = measured(bench, "--trials", "1", "--pairs", "names")
    assert [(line["pair"], line["verdict"], line["differs"]) for line in lines] == [
        ("names", "worse", "1")]
    assert "names: no difference; called different in 1 of 1 rows" in outcome.summary


def test_a_failed_run_ends_it(bench):
    bench.variant("hakmem", "[ $n -eq 5 ] && exit 3; result 1000000", profile="default")
    outcome = bench.command(noise, "--reps", "9", "--bench", "batch", "--pairs", "again")
    assert outcome.status == 1
    assert "noise: failed: " in outcome.err and "exit status 3" in outcome.err


@pytest.mark.parametrize("words, says", [
    (["--reps", "1"], "noise: --reps: with 1 rounds, none of 22 comparisons (speed and memory of "
     "each row and variant) can be sure; take at least --reps 13"),
    (["--reps", "8", "--bench", "batch"], "take at least --reps 9"),
    (["--bench", "larson"], "noise: --bench: there is no larson; there are bench_batch"),
    (["--variant", "nope"], "there is no nope; there are hakmem"),
    (["--added", "0"], "'0' is not a percentage from 0.001 to 100"),
    (["--pairs", "others"], "--pairs: there is no others; there are again, names, added, memory"),
    (["--pairs", "names", "--variant", "mine"],
     "--pairs: names: mine is not there under another name; hakmem is as hakmem-header-classidx-off, "
     "if both were built"),
    (["--pairs", "names"], "--pairs: names: hakmem is not there under another name; "),
])
def test_wrong_use(bench, words, says):
    bench.variant("hakmem", "result 1")
    bench.variant("mine", "result 1")
    outcome = bench.command(noise, *words)
    assert outcome.status == 2 and says in outcome.err and not outcome.folder.exists()


def test_the_pairs_that_there_are():
    """The same in other layouts, where that was built."""
    one, again, other = (Variant(name, "profile", "shared", {}, library=Path(name))
                         for name in ("hakmem", "hakmem+again", "hakmem-header-classidx-off"))
    found = known.pairs(Manifest([], [one, again, other], [], {}), one, known.KINDS, [1, 3])
    assert [(pair.name, pair.b.library, pair.percent > 0) for pair in found] == [
        ("again", Path("hakmem+again"), False),
        ("names", Path("hakmem-header-classidx-off"), False),
        ("added-1", Path("hakmem"), True), ("added-3", Path("hakmem"), True),
        ("memory", Path("hakmem"), True)]
    assert {pair.a.name for pair in found} == {"hakmem"}
    assert len({pair.b.name for pair in found} | {"hakmem"}) == 5
    (alone,) = known.pairs(Manifest([], [one], [], {}), one, ["again"], [])
    assert alone.b.library == one.library and alone.b.name != one.name


def test_every_row_can_do_more():
    for row in NOISE:
        more = dataclasses.replace(row, args=tuple(row.arguments(0.5)))
        changed = [(a, b) for a, b in zip(row.args, more.args) if a != b]
        assert len(changed) == 1 and int(changed[0][1]) == 1.5 * int(changed[0][0])
