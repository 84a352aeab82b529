"""The effects of all occasions, joined and judged.

An occasion gives one effect of each measure in each row, with the standard error that its interval
stands for.  stats/occasions.py joins them; what is joined is judged as any other comparison.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.lab.judge import compare, paired, scale
from bench.lab.judge.compare import Sample
from bench.lab.judge.measures import EXPLORED, PRIMARY, Measure
from bench.lab.judge.pairs import Outcome
from bench.lab.pool import occasion
from bench.lab.pool.occasion import FEWEST, Occasion
from bench.lab.select.question import Question
from bench.lab.select.row import Row
from bench.lab.stats import families, occasions
from bench.lab.stats.estimate import LEVEL, Estimate
from bench.lab.stats.occasions import Joined


@dataclass(frozen=True)
class Part:
    """One measure of one row on one occasion."""

    occasion: Occasion
    sample: Sample

    @property
    def effect(self) -> Estimate:
        """B over A, or B less A, on this occasion alone."""
        return paired.estimate(self.sample.evidence, self.sample.scale)

    @property
    def error(self) -> float:
        """The standard error on the inner scale."""
        return occasions.error_of(*self.sample.evidence.interval(1 - LEVEL))


@dataclass(frozen=True)
class Joint:
    """One measure of one row on all occasions that have it."""

    sample: Sample  # what is judged
    joined: Joined
    parts: list[Part]

    @property
    def between(self) -> float:
        """How far the occasions vary, by more than their own errors explain: the standard deviation
        as a share of A; infinite where A is 0."""
        return self.sample.scale.share(self.joined.between, self.sample.a)


@dataclass(frozen=True)
class Pooled:
    """What the occasions show together."""

    occasions: list[Occasion]
    outcome: Outcome
    joints: dict[Measure, list[Joint]]  # as outcome.rows has them
    left_out: list[str]  # what takes no part, and why
    question: Question

    @property
    def fewest(self) -> int:
        """Occasions of the row that has least."""
        return min(one.joined.occasions for of in self.joints.values() for one in of)


def judge(found: Sequence[Occasion], question: Question) -> Pooled | None:
    """B against A in each row that at least two occasions tell of; None if there is no such row."""
    rows = occasion.rows(found)
    rows_of: dict[Measure, list] = {}
    joints: dict[Measure, list[Joint]] = {}
    for family in (PRIMARY, EXPLORED):
        its = {measure: [one for row in rows if (one := _join(found, row, measure))]
               for measure in family}
        judged = iter(compare.judge([one.sample for of in its.values() for one in of], question))
        for measure, of in its.items():
            if of:
                joints[measure], rows_of[measure] = of, [next(judged) for _ in of]
    if not joints:
        return None
    return Pooled(list(found), Outcome(*occasion.variants(found), rows_of), joints,
                  left_out(found), question)


def _join(found: Sequence[Occasion], row: Row, measure: Measure) -> Joint | None:
    """None if fewer than two occasions have an interval."""
    parts = _parts(found, row, measure)
    if any(part.sample.scale is scale.DIFFERENCE for part in parts):
        parts = _parts(found, row, measure, scale.DIFFERENCE)
    parts = [part for part in parts if families.enough(part.sample.layouts)]
    if len(parts) < FEWEST:
        return None
    joined = occasions.join([part.sample.evidence.centre for part in parts],
                            [part.error for part in parts], _shared(row, measure, parts))
    samples = [part.sample for part in parts]
    lost = sum(len(one.runs.failed(row, variant.name)) for one in found
               for variant in one.runs.variants)
    return Joint(Sample(
        row, measure, statistics.median(one.a for one in samples),
        statistics.median(one.b for one in samples), samples[0].scale, joined,
        sum(one.rounds for one in samples), sum(one.layouts for one in samples), lost,
        len(parts)), joined, parts)


def _shared(row: Row, measure: Measure, parts: list[Part]) -> float:
    """The standard error of the layouts that several occasions drew: these do not tell how other
    layouts are, however much the occasions agree."""
    pairs = []
    for part in parts:
        a, b = part.occasion.runs.variants
        pairs.append((part.occasion.runs.of(row, b.name), part.occasion.runs.of(row, a.name)))
    found = paired.shared_layouts(measure.of, pairs, parts[0].sample.scale)
    return occasions.error_of(*found.interval(1 - LEVEL)) if found else 0.0


def _parts(found: Sequence[Occasion], row: Row, measure: Measure,
           on: scale.Scale | None = None) -> list[Part]:
    return [Part(one, sample) for one in found
            if (sample := compare.sample(one.runs, row, *one.runs.variants, measure, on))]


def left_out(found: Sequence[Occasion]) -> list[str]:
    """A line for each occasion that tells nothing of a row."""
    lines = []
    for row in occasion.rows(found):
        for one in found:
            first, second = (one.runs.of(row, variant.name) for variant in one.runs.variants)
            common = first.keys() & second.keys()
            drawn = paired.layouts(first, second) if common else {}
            n = len({drawn.get(number, number) for number in common})
            if not families.enough(n):
                why = families.too_few(n) if common else "was not measured"
                lines.append(f"occasion {one.number} has no part in {row.title}: {why}")
    return lines
