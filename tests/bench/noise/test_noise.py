"""The laboratory on itself: what was recorded with nothing to find, and with a known slow-down."""

import csv
import dataclasses
import json
import random
from pathlib import Path

import pytest

from bench import noise
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.variant import Variant
from bench.lab.noise import blocks
from bench.lab.select.studies import NOISE

RECORDED = Path(__file__).absolute().parent / "noise.json"
ADDED = 3.0  # percent of work, in the recorded runs of the slowed variant
PAIRS = 15


@pytest.fixture(scope="module")
def three() -> list[Variant]:
    return blocks.trio(Variant("hakmem", "profile", "shared", {}), ADDED)


@pytest.fixture(scope="module")
def recorded(three) -> Runs:
    """Runs of bench:noise on a shared machine with two cores: a thousand operations a second, by
    row, variant and round."""
    speeds = json.loads(RECORDED.read_text(encoding="utf-8"))
    runs = Runs(list(NOISE), three)
    for row in NOISE:
        for variant in three:
            for rep, speed in enumerate(speeds[f"{row.program} {row.params}"][variant.name], 1):
                runs.add(Job(row, variant, rep), Run("ok", ops_per_s=1000 * speed), "")
    return runs


def test_nothing_is_found_where_there_is_nothing(recorded, three):
    """At most one comparison in twenty, as an interval of 95 % promises, and hardly one in which
    all rows are taken together."""
    found = blocks.judge(recorded, PAIRS)
    count = sum(one.blocks for one in found)
    assert count >= 200
    assert blocks.false_rate(found)[0] <= 0.05
    assert sum(one.false_together for one in found) <= 0.05 * count / len(found)


def test_the_slow_down_is_found(recorded, three):
    """With all pairs of a row as one measurement; and to be about what it is."""
    whole = blocks.judge(recorded, 300)
    assert [one.row.key for one in whole if one.missed] == []
    for one in whole:
        assert one.slowed == pytest.approx(ADDED, abs=2)


def synthetic(three, added: float, spread: float, pairs: int) -> Runs:
    rng = random.Random(1)
    row = NOISE[0]
    runs = Runs([row], three)
    for rep in range(1, pairs + 1):
        for variant in three:
            speed = 1e8 * rng.gauss(1, spread) / (1 + (added / 100 if variant.more else 0))
            runs.add(Job(row, variant, rep), Run("ok", ops_per_s=speed), "")
    return runs


def test_blocks(three):
    (one,) = blocks.judge(synthetic(three, 3, 0.01, 50), 15)
    assert (one.blocks, one.missed) == (3, 0)
    assert one.slowed == pytest.approx(3, abs=0.7) and 0.3 < one.visible < 2
    (one,) = blocks.judge(synthetic(three, 0, 0.01, 50), 15)
    assert one.missed >= 2 and abs(one.slowed) < 0.7


def test_the_command(bench):
    """Each program says how much it did; the slowed one does more and counts the same."""
    amount = 'result $((100000000 + n * 37 % 11 * 30000))'
    bench.variant("hakmem", amount)
    outcome = bench.command(noise, "--reps", "9", "--blocks", "2", "--bench", "tiny_hot")
    assert outcome.status == 0, outcome.err
    runs = [line.split(" ", 2) for line in bench.order()]
    assert len(runs) == 2 * 9 * 3
    assert sorted({args for _, _, args in runs}) == ["32 100 250000", "32 100 257500"]
    speeds = {line["variant"]: float(line["ops_per_s"]) for line in outcome.lines}
    assert speeds["hakmem-slowed"] * 1.03 == pytest.approx(speeds["hakmem"], rel=0.01)
    with open(outcome.folder / "noise.csv", newline="", encoding="utf-8") as file:
        (line,) = csv.DictReader(file)
    assert (line["blocks"], line["missed"]) == ("2", "0")
    assert float(line["slowed_percent"]) == pytest.approx(3, abs=0.5)
    assert "3 % of added work: seen in 2 of 2." in outcome.summary


@pytest.mark.parametrize("words, says", [
    (["--reps", "1"], "noise: --reps: a block of 1 pairs has too few runs to tell: 1, and it takes 6"),
    (["--bench", "larson"], "noise: --bench: there is no larson; there are bench_batch"),
    (["--variant", "nope"], "there is no nope; there are hakmem"),
    (["--added", "0"], "'0' is not a percentage from 0.001 to 100"),
])
def test_wrong_use(bench, words, says):
    bench.variant("hakmem", "result 1")
    outcome = bench.command(noise, *words)
    assert outcome.status == 2 and says in outcome.err


def test_every_row_can_do_more():
    for row in NOISE:
        more = dataclasses.replace(row, args=tuple(row.arguments(0.5)))
        changed = [(a, b) for a, b in zip(row.args, more.args) if a != b]
        assert len(changed) == 1 and int(changed[0][1]) == 1.5 * int(changed[0][0])
