"""Compares variants with one of them, pair by pair: in which rows they are better, in which the
same, and how sure that is.

Comparisons that are looked at together are one family, whose verdicts hold together: of a hundred
reports at most one has a "better", "worse" or "same" by chance.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scipy import special

from bench.lab.judge import paired, scale
from bench.lab.judge.measures import Measure
from bench.lab.judge.scale import Scale
from bench.lab.run.runs import Runs
from bench.lab.select.question import Question
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.stats import families
from bench.lab.stats.estimate import FAMILY, LEVEL, POWER, TOO_FEW, Estimate

NOT_KNOWN = "not known"
LOST = "lost runs"
MOST_OCCASIONS = 1000  # nobody waits for more
VERDICTS = ("better", "worse", "same", NOT_KNOWN, TOO_FEW, LOST)


class Evidence(Protocol):
    """What pairs say about the centre of their differences, on an inner scale."""

    centre: float
    least_p: float  # of any evidence of this size

    def interval(self, alpha: float) -> tuple[float, float]:
        """Two-sided."""

    def p_outside(self, low: float, high: float) -> float:
        """Of the test that the centre lies outside of [low, high]."""

    def p_inside(self, low: float, high: float) -> float:
        """Of the test that it lies inside."""


@dataclass(frozen=True)
class Sample:
    """One measure of B and of A in one row, before it is judged with its family."""

    row: Row
    measure: Measure
    a: float  # medians
    b: float
    scale: Scale
    evidence: Evidence
    rounds: int
    layouts: int  # that the rounds were drawn from; as many as rounds if each had its own
    lost: int  # runs of A and B that failed
    occasions: int = 1  # that the evidence was joined from


@dataclass(frozen=True)
class Comparison:
    """B against A: one measure of one row, judged with its family.

    `effect` is B over A, or B less A where a zero has no ratio, and its 95 % interval.  `p_differs`
    and `p_same` are those of the two tests, when all of the family are looked at together.
    `at_least` and `at_most` bound the difference, as shares of A, and hold for the whole family;
    `reach` is half the width, on the inner scale, of the interval that does.
    """

    row: Row
    measure: Measure
    a: float
    b: float
    scale: Scale
    effect: Estimate
    rounds: int
    layouts: int
    lost: int
    question: Question
    p_differs: float
    p_same: float
    at_least: float
    at_most: float
    reach: float
    part: float = 1.0  # share of the levels that could be spent
    tests: int = 1  # in the family
    enough: bool = True  # rounds for any verdict of this family
    occasions: int = 1  # that it was joined from; with several, they are what varies, not rounds

    @property
    def is_better(self) -> bool:
        """Which way the effect points."""
        return (self.effect.value > self.scale.neutral) == self.measure.more_is_better

    @property
    def verdict(self) -> str:
        """One of VERDICTS."""
        if self.lost:
            return LOST
        if not self.enough:
            return TOO_FEW
        same, differs = self.p_same <= FAMILY, self.p_differs <= FAMILY
        if same and (self.question.same_first or not differs):
            return "same"
        if differs:
            return "better" if self.is_better else "worse"
        return NOT_KNOWN

    @property
    def differs(self) -> bool:
        """Whether there is a difference to look into, be it sure only for the row alone."""
        alone = self.verdict == NOT_KNOWN and self.effect.excludes(self.scale.neutral)
        return alone or self.verdict in ("better", "worse")

    @property
    def known(self) -> bool:
        """Whether more rounds could say no more than what was asked."""
        if self.question.precision is not None:
            return self.enough and self.half_width <= self.question.precision
        return self.verdict in ("better", "worse", "same")

    @property
    def half_width(self) -> float:
        """Half the width of the interval, as a share of A; infinite without an interval."""
        return self.scale.share(self._half, self.a)

    @property
    def _half(self) -> float:
        """The same on the inner scale."""
        if not self.effect.enough or self.scale is scale.RATIO and not self.effect.low:
            return math.inf
        if self.scale is scale.RATIO:
            return math.log(self.effect.high / self.effect.low) / 2
        return (self.effect.high - self.effect.low) / 2

    @property
    def visible(self) -> float:
        """The smallest difference, in percent, that such a family of measurements would show in
        POWER of all cases: what the interval of the family reaches, and the estimate's own error.
        How far the interval reaches is an estimate too, here and in those measurements: with f
        degrees of freedom right within a share of about sqrt(1 / 2f) (N. Johnson, B. Welch, 1940).
        """
        error = self._half / self._quantile(1 - (1 - LEVEL) * self.part / 2, self.occasions)
        reach = self.reach if math.isfinite(self.reach) else error * self._sure(self.occasions)
        values = self.layouts if self.occasions == 1 else self.occasions
        both = math.hypot(error, reach / math.sqrt(max(1, values - 1)))
        return 100 * self.scale.share(reach + both * special.ndtri(POWER), self.a)

    @property
    def needed(self) -> int | None:
        """About how many rounds, or occasions if it was joined from several, would answer the
        question, by what is known now; None if nobody can say.  The width of an interval falls with
        the square root of the rounds; that of few occasions falls faster."""
        if not math.isfinite(self.half_width) or not self.half_width:
            return None
        if self.question.precision is not None:
            now, asked = self.half_width, self.question.precision
        else:
            now = self.visible / 100
            size = abs(self.scale.share(self.inner, self.a))
            asked = max(size - self.question.better_by, self.question.same_within - size)
        times = max(1.0, now / max(asked, 1e-4))
        if self.occasions == 1:
            return math.ceil(self.rounds * times ** 2)
        here = self._sure(self.occasions) / math.sqrt(self.occasions)
        return next((n for n in range(self.occasions, MOST_OCCASIONS)
                     if self._sure(n) / math.sqrt(n) * times <= here), None)

    @property
    def unit(self) -> str:
        """What `needed` counts."""
        return "rounds" if self.occasions == 1 else "occasions"

    def _sure(self, occasions: int) -> float:
        """Standard errors from the estimate to the end of the interval that a verdict takes."""
        return self._quantile(1 - FAMILY * self.part / self.tests / 2, occasions)

    @staticmethod
    def _quantile(chance: float, occasions: int) -> float:
        """Of the normal distribution, and of Student's for the spread between a few occasions."""
        return float(special.ndtri(chance) if occasions == 1
                     else special.stdtrit(occasions - 1, chance))

    @property
    def inner(self) -> float:
        """The effect on the inner scale, on which effects of parts add up."""
        return math.log(self.effect.value) if self.scale is scale.RATIO else self.effect.value


def sample(runs: Runs, row: Row, a: Variant, b: Variant, measure: Measure,
           on: Scale | None = None) -> Sample | None:
    """None if the row has no such measure, or no round that both have, or too little of it.  It is
    on the scale that suits the values, or `on` another one that does."""
    if not measure.has(row):
        return None
    first, second = runs.of(row, a.name), runs.of(row, b.name)
    rounds = sorted(first.keys() & second.keys())
    x = {i: measure.of(first[i]) for i in rounds}
    y = {i: measure.of(second[i]) for i in rounds}
    if not rounds or measure.absent((*x.values(), *y.values())):
        return None
    middle = statistics.median(x.values()), statistics.median(y.values())
    if max(middle) < measure.least:
        return None
    how = on or scale.of((*x.values(), *y.values()))
    found = paired.evidence(measure.of, second, first, how)
    return Sample(row, measure, *middle, how, found, len(rounds), found.n,
                  sum(len(runs.failed(row, one.name)) for one in (a, b)))


def judge(samples: Sequence[Sample], question: Question = Question(),
          shares: Mapping[str, float] | None = None) -> list[Comparison]:
    """Judges all samples as one family.

    Each comparison has the level of the family divided by their number (Bonferroni).  It serves both
    of its tests, as a difference cannot be too small and too large at once.  So `better` is what the
    interval of that level shows, no row's verdict depends on others, and rows may end at different
    times: `shares` of data that was looked at before are row -> the share of the levels that its
    last look may spend (stats/looks.py).
    """
    margins = [(one.scale.margin(question.better_by, one.a),
                one.scale.margin(question.same_within, one.a)) for one in samples]
    differs = [one.evidence.p_outside(-better, better)
               for one, (better, _) in zip(samples, margins)]
    same = [one.evidence.p_inside(-within, within)
            for one, (_, within) in zip(samples, margins)]
    parts = [shares.get(one.row.key, 1.0) if shares else 1.0 for one in samples]
    differs, same = (families.bonferroni(found, parts) for found in (differs, same))
    return [_judged(one, question, part, len(samples), p_differs, p_same)
            for one, part, p_differs, p_same in zip(samples, parts, differs, same)]


def _judged(one: Sample, question: Question, part: float, tests: int, p_differs: float,
            p_same: float) -> Comparison:
    evidence, shown = one.evidence, one.scale.shown
    alpha, wide = FAMILY * part, (1 - LEVEL) * part
    low, high = evidence.interval(wide)
    sure_low, sure_high = evidence.interval(alpha / tests)
    both = evidence.interval(2 * alpha / tests)
    near = max(0.0, sure_low, -sure_high)
    side = 1 if sure_low > 0 else -1
    return Comparison(
        one.row, one.measure, one.a, one.b, one.scale,
        Estimate(shown(evidence.centre), shown(low), shown(high), evidence.least_p <= wide),
        one.rounds, one.layouts, one.lost, question, p_differs, p_same,
        at_least=abs(one.scale.share(side * near, one.a)),
        at_most=one.scale.share(max(abs(both[0]), abs(both[1])), one.a),
        reach=(sure_high - sure_low) / 2,
        part=part, tests=tests, enough=tests * evidence.least_p <= alpha, occasions=one.occasions)


def compare(runs: Runs, a: Variant, others: Sequence[Variant], measures: Sequence[Measure],
            question: Question = Question(),
            shares: Mapping[str, float] | None = None) -> dict[Measure, list[list[Comparison]]]:
    """For each measure and each of the others: its comparison with A in each row that both have
    numbers for.  All of them are one family; the arguments are those of judge."""
    found = {(measure, i): [one for row in runs.rows
                            if (one := sample(runs, row, a, b, measure))]
             for measure in measures for i, b in enumerate(others)}
    judged = iter(judge([one for samples in found.values() for one in samples], question, shares))
    return {measure: [[next(judged) for _ in found[measure, i]] for i in range(len(others))]
            for measure in measures}
