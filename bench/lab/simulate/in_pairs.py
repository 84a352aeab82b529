"""Reports of two variants, as of bench:ab: false and missed differences, wrong "same"."""

import math

import numpy as np

from bench.lab.judge import compare, pairs
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import EXPLORED, PRIMARY, SPEED, Measure
from bench.lab.judge.pairs import Outcome
from bench.lab.measure import asked
from bench.lab.select.question import SAME
from bench.lab.select.row import Row
from bench.lab.select.rows import FULL, QUICK
from bench.lab.simulate.figures import Counts, Experiment, What
from bench.lab.simulate.made_up import Measurement, variant
from bench.lab.simulate.settings import FULL_ROUNDS, ROUNDS, Setting
from bench.lab.stats.estimate import FAMILY, LEVEL, POWER

TITLE = f"Two variants in {len(QUICK)} rows, {ROUNDS} rounds"
SLOWER = (1, 3, 5)  # percent, in a row each; the other rows do not differ

COVERS = What("covers", "the interval holds the truth", at_least=LEVEL)
WIDTH = What("half width", "half width of the interval", average=True)
FALSE_ROW = What("false row", "no difference: rows that are different", at_most=FAMILY)
FALSE = What("false report", "no difference: reports with a difference", at_most=FAMILY)
FALSE_EXPLORED = What("false explored", "the same, in explored measures", at_most=FAMILY)
SAME_ROW = What("same row", f"no difference: rows that are the same within {100 * SAME:g} %")
WRONG_SAME = What("wrong same", f"different by {100 * SAME:g} %: reports with a row that is the same",
                  at_most=FAMILY)
BESIDE = What("false beside", "some rows slower: reports with a difference in another row",
              at_most=FAMILY)
SEEN = {percent: What(f"seen {percent}", f"{percent} % slower: rows that are worse")
        for percent in SLOWER}
SHOWN = What("shown", "slower by what such a report would show: rows that are worse",
             at_least=POWER)
TWICE = What("twice", f"twice as fast: reports with all {len(FULL)} rows better", at_least=1.0)


def _pair(setting: Setting, rows: tuple[Row, ...], factors: list[float], rounds: int,
          measure: Measure) -> Measurement:
    """A and B; `factors` are those of B in each row."""
    variants = [variant(name, rows, setting) for name in ("a", "b")]
    both = np.stack([np.ones(len(rows)), np.asarray(factors, dtype=float)], axis=1)
    return Measurement(setting, rows, variants, rounds, both, measure)


def _judged(setting: Setting, rng: np.random.Generator, factors: list[float]) -> Outcome:
    measured = _pair(setting, QUICK, factors, setting.rounds, setting.measure)
    return pairs.judge(measured.runs(rng)).outcomes[0]


def _differs(one: Comparison) -> bool:
    return one.verdict in ("better", "worse")


def _no_difference(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    outcome = _judged(setting, rng, [1.0] * len(QUICK))
    for one in outcome.rows.get(setting.measure, []):
        if one.effect.enough:
            counts.add(COVERS, not one.effect.excludes(one.scale.neutral))
        counts.add(WIDTH, 100 * one.half_width)
        counts.add(FALSE_ROW, _differs(one))
        counts.add(SAME_ROW, one.verdict == "same")
    counts.add(FALSE, outcome.differs)
    counts.add(FALSE_EXPLORED, any(_differs(one) for measure in EXPLORED
                                   for one in outcome.rows.get(measure, [])))


def _some_difference(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    factors = [1 + percent / 100 for percent in SLOWER] + [1.0] * (len(QUICK) - len(SLOWER))
    outcome = _judged(setting, rng, factors)
    by_row = {one.row.key: one for one in outcome.rows.get(setting.measure, [])}
    for percent, row in zip(SLOWER, QUICK):
        if row.key in by_row:
            counts.add(SEEN[percent], by_row[row.key].verdict == "worse")
    other = {row.key for row in QUICK[len(SLOWER):]}
    counts.add(BESIDE, any(_differs(one) for one in outcome.primary if one.row.key in other))


def _edge(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    """As different in each row as "same" does not allow any more."""
    outcome = _judged(setting, rng, [1 + SAME] * len(QUICK))
    counts.add(WRONG_SAME, any(one.verdict == "same"
                               for one in outcome.rows.get(setting.measure, [])))


def _shown(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    """One row of a report is slower by what the report before said that it would show."""
    before = _judged(setting, rng, [1.0] * len(QUICK)).rows.get(setting.measure, [])
    if before and math.isfinite(before[0].visible):
        slower = 1 + before[0].visible / 100
        for one in _judged(setting, rng, [slower] + [1.0] * (len(QUICK) - 1)).rows[setting.measure]:
            if one.row.key == QUICK[0].key:
                counts.add(SHOWN, one.verdict == "worse")


def _twice(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    """As bench:ab --full with its default number of rounds."""
    rounds = asked.rounds(None, FULL_ROUNDS, len(FULL), 1, False)
    runs = _pair(setting, FULL, [0.5] * len(FULL), rounds, SPEED).runs(rng)
    a, b = runs.variants
    (lines,) = compare.compare(runs, a, [b], PRIMARY)[SPEED]
    counts.add(TWICE, all(one.verdict == "better" for one in lines))


EXPERIMENTS = (
    Experiment("no difference", TITLE, (COVERS, WIDTH, FALSE_ROW, FALSE, FALSE_EXPLORED, SAME_ROW),
               _no_difference, of_pairs=True),
    Experiment("at the edge of the same", TITLE, (WRONG_SAME,), _edge, of_pairs=True),
    Experiment("some rows slower", TITLE, (BESIDE, *SEEN.values()), _some_difference,
               of_pairs=True),
    Experiment("what it would show", TITLE, (SHOWN,), _shown, of_pairs=True),
    Experiment("twice as fast", TITLE, (TWICE,), _twice, 0.1),
)
