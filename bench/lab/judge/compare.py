"""Variants against one, pair by pair: in which rows they are better, by how much, how sure."""

import dataclasses
import math
import statistics
from dataclasses import dataclass

from scipy import stats as scipy_stats

from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.judge.measures import Measure
from bench.lab.judge.stats import Estimate
from bench.lab.select.rows import Row
from bench.lab.select.variants import Variant


@dataclass(frozen=True)
class Comparison:
    """One measure of one row: `ratio` is B over A.

    `sure` says that the difference is still one when all rows of the measure, and all variants
    compared with A, are looked at together: a single interval of 95 % is off in every twentieth
    row by chance.
    """

    row: Row
    measure: Measure
    a: float  # medians
    b: float
    ratio: Estimate
    p: float  # of the pairs' test, for no difference
    pairs: int
    sure: bool = False

    @property
    def differs(self) -> bool:
        """Whether the interval of the ratio leaves 1 out."""
        return self.ratio.excludes(1)

    @property
    def b_is_better(self) -> bool:
        """Which way the ratio points."""
        return (self.ratio.value > 1) == self.measure.more_is_better

    @property
    def verdict(self) -> str:
        """better, worse (B than A), unsure (one interval says so, all together do not), same, or
        stats.TOO_FEW."""
        if not self.ratio.enough:
            return stats.TOO_FEW
        if not self.differs:
            return "same"
        if not self.sure:
            return "unsure"
        return "better" if self.b_is_better else "worse"

    @property
    def visible(self) -> float:
        """The smallest difference, in percent, that these runs would have shown."""
        half = math.sqrt(self.ratio.high / self.ratio.low) if self.ratio.low > 0 else math.inf
        return 100 * (half - 1)


def _percent(ratio: float) -> float:
    return 100 * abs(ratio - 1)


def _rounded(percent: float) -> str:
    return f"{percent:.2g}" if percent < 10 else f"{percent:.0f}"


def words(one: Comparison, b: str = "B") -> str:
    """The effect in plain words: "B faster by 3.1 %, 2.4 to 3.9"; `b` may be empty."""
    if one.verdict == stats.TOO_FEW:
        return stats.too_few(one.pairs)
    if one.verdict == "same":
        return f"no difference found; would have seen {_rounded(one.visible)} %"
    name = one.measure.better if one.b_is_better else one.measure.worse
    near, far = sorted((_percent(one.ratio.low), _percent(one.ratio.high)))
    text = f"{b} {name} by {_percent(one.ratio.value):.1f} %, {near:.1f} to {far:.1f}"
    text = text.strip()
    return text if one.sure else text + "; one of so many rows may do this by chance"


def _p_value(a: list[float], b: list[float]) -> float:
    """Of the pairs' logarithms: Wilcoxon's signed-rank test without ties, and Student's where there
    are too few pairs for ranks to be significant.  1 if all are ties, or for one pair only."""
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


def compare(table: Table, a: Variant, others: list[Variant],
            measure: Measure) -> list[list[Comparison]]:
    """For each of the others, it against A in each row that both have numbers for."""
    found = [[one for row in table.rows if (one := _row(table, row, a, b, measure))]
             for b in others]
    sure = iter(holm([one.p for rows in found for one in rows]))
    return [[dataclasses.replace(one, sure=next(sure)) for one in rows] for rows in found]


def _row(table: Table, row: Row, a: Variant, b: Variant, measure: Measure) -> Comparison | None:
    if not measure.has(row):
        return None
    first, second = table.runs(row, a.name), table.runs(row, b.name)
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
class Overall:
    """One measure over all rows."""

    measure: Measure
    mean: float  # geometric mean of the ratios, B over A
    better: int
    worse: int
    unsure: int
    same: int
    too_few: int  # rows with too few runs to tell; if all are, they count for `mean` and `worst`
    worst: Comparison  # the row in which B does worst
    pairs: int  # of the row that has most


def overall(rows: list[Comparison]) -> Overall:
    """Of at least one comparison, all of the same measure."""
    verdicts = [one.verdict for one in rows]
    measure = rows[0].measure
    told = [one for one in rows if one.ratio.enough] or rows
    worst = min(told, key=lambda one: one.ratio.value if measure.more_is_better
                else -one.ratio.value)
    return Overall(
        measure, stats.geometric_mean([one.ratio.value for one in told]),
        *(verdicts.count(word) for word in ("better", "worse", "unsure", "same", stats.TOO_FEW)),
        worst, max(one.pairs for one in rows),
    )


def verdict(speed: Overall, memory: Overall | None, a: str, b: str) -> str:
    """One sentence for both measures."""
    def way(one: Overall) -> str:
        total = one.better + one.worse + one.unsure + one.same
        if not total:
            return stats.too_few(one.pairs)
        few = f", {stats.TOO_FEW} runs to tell in {one.too_few} more" if one.too_few else ""
        if one.better == one.worse == 0:
            return f"no row of {total} in which {b} is {one.measure.better} or " \
                   f"{one.measure.worse} for sure{few}"
        parts = []
        if one.better:
            parts.append(f"{one.measure.better} in {one.better}")
        if one.worse:
            parts.append(f"{one.measure.worse} in {one.worse}")
        name = one.measure.better if (one.mean > 1) == one.measure.more_is_better \
            else one.measure.worse
        return f"{b} is {' and '.join(parts)} of {total} rows, {name} by " \
               f"{_percent(one.mean):.1f} % on average{few}"
    text = f"{b} against {a}, {speed.measure.name}: {way(speed)}"
    return text + (f"; memory: {way(memory)}." if memory else ".")
