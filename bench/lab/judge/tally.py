"""Comparisons of one measure over all rows: in how many of them B is what."""

import statistics
from collections import Counter
from dataclasses import dataclass

from bench.lab.judge import scale
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import Measure


@dataclass(frozen=True)
class Tally:
    """One measure over all rows."""

    measure: Measure
    mean: float | None  # geometric mean of the ratios, B over A; None if a row has no ratio
    count: Counter[str]  # verdict -> rows
    worst: Comparison  # the row in which B does worst
    rounds: int  # of the row that has most


def tally(rows: list[Comparison]) -> Tally:
    """Counts the verdicts of at least one comparison; all are of the same measure.  Rows without
    an interval count for `mean` and `worst` only if there are no others."""
    measure = rows[0].measure
    told = [one for one in rows if one.effect.enough] or rows
    worst = min(told, key=lambda one: one.effect.value if measure.more_is_better
                else -one.effect.value)
    ratios = all(one.scale is scale.RATIO for one in told)
    return Tally(
        measure, statistics.geometric_mean(one.effect.value for one in told) if ratios else None,
        Counter(one.verdict for one in rows), worst, max(one.rounds for one in rows))
