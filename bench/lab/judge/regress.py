"""This measurement against an earlier one: which rows are better or worse.

The two are apart in time, and a whole machine is faster at times.  So speeds are those relative to
the system's malloc in the same round, which did not change in between; where it was not measured in
both, as they are.  Rounds of different measurements are no pairs.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from bench.lab.judge import compare as comparing
from bench.lab.judge import paired
from bench.lab.judge.compare import Comparison, Sample
from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.judge.scale import RATIO
from bench.lab.run.earlier import Earlier
from bench.lab.run.runs import Run, Runs
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.stats import units
from bench.lab.stats.estimate import TOO_FEW
from bench.lab.stats.rank_sums import RankSums

MARKED = 0.10  # worse by this share
SEVERE = 0.20


@dataclass(frozen=True)
class Change:
    """One measure of one variant in one row: now (B) against then (A), judged with all others."""

    variant: Variant
    system: float | None  # the same ratio of the system's speed; None: it was not measured in both
    judged: Comparison  # of speeds relative to the system's where that is known

    @property
    def loss(self) -> float:
        """By which share it is worse; negative if it is better."""
        ratio = self.judged.effect.value
        return 1 - ratio if self.judged.measure.more_is_better else ratio - 1

    @property
    def mark(self) -> str:
        """severe, marked, or nothing: how much worse, where that is sure."""
        if self.judged.verdict != "worse":
            return ""
        return "severe" if self.loss >= SEVERE else "marked" if self.loss >= MARKED else ""


def compare(runs: Runs, earlier: Earlier) -> list[Change]:
    """The change of every row and variant that both measurements have numbers for, but no
    references.  Those of hakmem's variants are one family, and so are all others."""
    found = []
    for mine in (True, False):
        pairs = [one for measure in (SPEED, PEAK) for row in runs.rows for variant in runs.variants
                 if (variant.kind == "profile") == mine and variant.kind != "reference"
                 and (one := _sample(runs, earlier, row, variant, measure))]
        judged = comparing.judge([one for one, _, _ in pairs])
        found += [Change(variant, system, one)
                  for (_, variant, system), one in zip(pairs, judged)]
    return found


def family(its_rows: int, variants: int) -> int:
    """The number of comparisons of so many rows and variants of hakmem's."""
    return its_rows * variants * len((SPEED, PEAK))


def _sample(runs: Runs, earlier: Earlier, row: Row, variant: Variant,
            measure: Measure) -> tuple[Sample, Variant, float | None] | None:
    now = runs.of(row, variant.name)
    then = earlier.runs(row.program, row.params, variant.name)
    if not now or not then or measure.absent([measure.of(run)
                                              for run in (*now.values(), *then.values())]):
        return None
    middle = [statistics.median(measure.of(run) for run in made.values()) for made in (then, now)]
    system = None
    bases: list[Mapping[int, Run] | None] = [None, None]
    if measure is SPEED and variant.name != variant.baseline:
        before = earlier.runs(row.program, row.params, variant.baseline)
        after = runs.of(row, variant.baseline)
        if before.keys() & then.keys() and after.keys() & now.keys():
            system = _median_speed(after) / _median_speed(before)
            bases = [before, after]
    samples = [_logs(measure, made, base) for made, base in zip((then, now), bases)]
    evidence = RankSums(*samples)
    failed = len(runs.failed(row, variant.name))
    return (Sample(row, measure, *middle, RATIO, evidence, min(len(then), len(now)),
                   min(map(len, samples)), failed), variant, system)


def _logs(measure: Measure, made: Mapping[int, Run],
          base: Mapping[int, Run] | None) -> list[float]:
    """A logarithm for each layout: of the measure, relative to `base` in the same round if there is
    one."""
    values = {rep: math.log(measure.of(run)) for rep, run in made.items()}
    if base is not None:
        values = {rep: value - math.log(measure.of(base[rep])) for rep, value in values.items()
                  if rep in base}
    return units.values(values, paired.layouts(made))


def _median_speed(runs: Mapping[int, Run]) -> float:
    return statistics.median(run.ops_per_s for run in runs.values())


def regressions(changes: list[Change]) -> list[Change]:
    """The changes of hakmem's variants that are surely worse, and by a tenth or more."""
    return [one for one in changes if one.variant.kind == "profile" and one.mark]


def untold(changes: list[Change]) -> str | None:
    """Why nobody can say whether hakmem's variants got worse; None if that can be said of all."""
    mine = [one for one in changes if one.variant.kind == "profile"]
    if not mine:
        return "no row of a variant of hakmem's is in both measurements"
    few = sum(one.judged.verdict == TOO_FEW for one in mine)
    lost = sum(one.judged.lost > 0 for one in mine)
    if lost:
        return f"runs failed in {lost} of {len(mine)} comparisons"
    return f"{TOO_FEW} runs to tell in {few} of {len(mine)} comparisons" if few else None
