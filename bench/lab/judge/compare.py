"""Compares variants with one of them, pair by pair: in which rows they are better, and how sure
that is."""

import dataclasses
import math
import statistics
from dataclasses import dataclass

from scipy import stats as scipy_stats

from bench.lab.judge import stats
from bench.lab.judge.measures import Measure
from bench.lab.judge.stats import Estimate
from bench.lab.run.runs import Runs
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


class Difference:
    """A ratio that was judged; `sure` if all ratios that were judged together say the same."""

    measure: Measure
    ratio: Estimate
    sure: bool

    @property
    def is_better(self) -> bool:
        """Which way the ratio points."""
        return (self.ratio.value > 1) == self.measure.more_is_better

    @property
    def verdict(self) -> str:
        """better, worse, unsure (the interval says so, all together do not), same, or
        stats.TOO_FEW."""
        if not self.ratio.enough:
            return stats.TOO_FEW
        if not self.ratio.excludes(1):
            return "same"
        if not self.sure:
            return "unsure"
        return "better" if self.is_better else "worse"


@dataclass(frozen=True)
class Comparison(Difference):
    """B against A: one measure of one row; `ratio` is B over A.

    `sure` says that the difference is still one when all rows of the measure, and all variants
    compared with A, are looked at together: a single interval of 95 % is off in every twentieth
    row by chance.
    """

    row: Row
    measure: Measure
    a: float  # medians
    b: float
    ratio: Estimate
    p: float  # see _p_value
    pairs: int
    sure: bool = False

    @property
    def visible(self) -> float:
        """The smallest difference, in percent, that these runs would have shown."""
        half = math.sqrt(self.ratio.high / self.ratio.low) if self.ratio.low > 0 else math.inf
        return 100 * (half - 1)


def _p_value(a: list[float], b: list[float]) -> float:
    """The probability of such pairs if there is no difference, by the logarithms of their ratios.

    Wilcoxon's signed-rank test without ties; Student's test where pairs are too few for ranks.  1
    if all pairs are ties, or if there is one pair.
    """
    logs = [math.log(y / x) for x, y in zip(a, b)]
    if len(logs) < 2 or all(value == 0 for value in logs):
        return 1.0
    if len(logs) >= stats.LEAST_RESAMPLED:
        return float(scipy_stats.wilcoxon([value for value in logs if value]).pvalue)
    if len(set(logs)) == 1:  # no spread at all
        return 0.0
    return float(scipy_stats.ttest_1samp(logs, 0).pvalue)


def holm(p_values: list[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses are rejected when all are tested together (S. Holm, "A Simple Sequentially
    Rejective Multiple Test Procedure", 1979)."""
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected


def compare(runs: Runs, a: Variant, others: list[Variant],
            measure: Measure) -> list[list[Comparison]]:
    """For each of the others a list: its comparison with A in each row that both have numbers
    for."""
    found = [[one for row in runs.rows if (one := _row(runs, row, a, b, measure))]
             for b in others]
    sure = iter(holm([one.p for rows in found for one in rows]))
    return [[dataclasses.replace(one, sure=next(sure)) for one in rows] for rows in found]


def _row(runs: Runs, row: Row, a: Variant, b: Variant, measure: Measure) -> Comparison | None:
    if not measure.has(row):
        return None
    first, second = runs.of(row, a.name), runs.of(row, b.name)
    rounds = sorted(first.keys() & second.keys())
    x = {i: measure.of(first[i]) for i in rounds}
    y = {i: measure.of(second[i]) for i in rounds}
    if not rounds or min(*x.values(), *y.values()) <= 0:
        return None
    middle = statistics.median(x.values()), statistics.median(y.values())
    if max(middle) < measure.least:
        return None
    ratio = stats.ratio(y, x)
    p = _p_value(list(x.values()), list(y.values())) if ratio.enough else 1.0
    return Comparison(row, measure, *middle, ratio, p, len(rounds))


@dataclass(frozen=True)
class Tally:
    """One measure over all rows: in how many of them B is what."""

    measure: Measure
    mean: float  # geometric mean of the ratios, B over A
    better: int
    worse: int
    unsure: int
    same: int
    too_few: int  # rows with too few runs to tell; if all are, they count for `mean` and `worst`
    worst: Comparison  # the row in which B does worst
    pairs: int  # of the row that has most


def tally(rows: list[Comparison]) -> Tally:
    """Counts the verdicts of at least one comparison; all are of the same measure."""
    verdicts = [one.verdict for one in rows]
    measure = rows[0].measure
    told = [one for one in rows if one.ratio.enough] or rows
    worst = min(told, key=lambda one: one.ratio.value if measure.more_is_better
                else -one.ratio.value)
    return Tally(
        measure, statistics.geometric_mean(one.ratio.value for one in told),
        *(verdicts.count(word) for word in ("better", "worse", "unsure", "same", stats.TOO_FEW)),
        worst, max(one.pairs for one in rows),
    )
