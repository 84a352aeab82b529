"""This measurement against an earlier one: which rows are better or worse.

The two are apart in time, and a whole machine is faster at times.  So speeds are those relative to
the system's malloc in the same round, which did not change in between; where it was not measured in
both, as they are.  Rounds of different measurements are no pairs: intervals come from resampling
each by itself.
"""

import statistics
from dataclasses import dataclass, replace

from bench.lab.judge import stats
from bench.lab.judge.compare import Difference, holm
from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.judge.stats import Estimate
from bench.lab.run.earlier import Earlier
from bench.lab.run.runs import Run, Runs
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

MARKED = 0.10  # worse by this share
SEVERE = 0.20


@dataclass(frozen=True)
class Change(Difference):
    """One measure of one variant in one row, now over then."""

    row: Row
    variant: Variant
    measure: Measure  # SPEED or PEAK
    then: float  # medians, in the measure's unit
    now: float
    system: float | None  # the same ratio of the system's speed; None: it was not measured in both
    ratio: Estimate  # now / then; of speeds relative to the system's where that is known
    p: float
    sure: bool = False  # also when all rows are taken together

    @property
    def loss(self) -> float:
        """By which share it is worse; negative if it is better."""
        return 1 - self.ratio.value if self.measure.more_is_better else self.ratio.value - 1

    @property
    def mark(self) -> str:
        """severe, marked, or nothing: how much worse, where the interval shows it."""
        if not self.ratio.excludes(1):
            return ""
        return "severe" if self.loss >= SEVERE else "marked" if self.loss >= MARKED else ""


def compare(runs: Runs, earlier: Earlier) -> list[Change]:
    """The change of every row and variant that both measurements have numbers for, but no
    references."""
    found = []
    for measure in (SPEED, PEAK):
        changes = [one for row in runs.rows for variant in runs.variants
                   if variant.kind != "reference"
                   and (one := _change(runs, earlier, row, variant, measure))]
        sure = holm([one.p for one in changes])
        found += [replace(one, sure=yes) for one, yes in zip(changes, sure)]
    return found


def _change(runs: Runs, earlier: Earlier, row: Row, variant: Variant,
            measure: Measure) -> Change | None:
    now = runs.of(row, variant.name)
    then = earlier.runs(row.program, row.params, variant.name)
    if not now or not then or not all(measure.of(run) > 0 for run in (*now.values(),
                                                                     *then.values())):
        return None
    middle = [statistics.median(measure.of(run) for run in made.values()) for made in (then, now)]
    system = None
    values = [{rep: measure.of(run) for rep, run in made.items()} for made in (then, now)]
    if measure is SPEED and variant.name != variant.baseline:
        before = earlier.runs(row.program, row.params, variant.baseline)
        after = runs.of(row, variant.baseline)
        if before.keys() & then.keys() and after.keys() & now.keys():
            system = _median_speed(after) / _median_speed(before)
            values = [_relative(values[0], before), _relative(values[1], after)]
    first, second = (list(one.values()) for one in values)
    ratio = stats.ratio_unpaired(second, first)
    p = stats.p_unpaired(second, first) if ratio.enough else 1.0
    return Change(row, variant, measure, *middle, system, ratio, p)


def _median_speed(runs: dict[int, Run]) -> float:
    return statistics.median(run.ops_per_s for run in runs.values())


def _relative(values: dict[int, float], system: dict[int, Run]) -> dict[int, float]:
    return {rep: value / SPEED.of(system[rep]) for rep, value in values.items() if rep in system}


def regressions(changes: list[Change]) -> list[Change]:
    """The changes of hakmem's variants that are surely worse by a tenth or more."""
    return [one for one in changes if one.variant.kind == "profile" and one.verdict == "worse"
            and one.mark]


def untold(changes: list[Change]) -> str | None:
    """Why nobody can say whether hakmem's variants got worse; None if that can be said of all."""
    mine = [one for one in changes if one.variant.kind == "profile"]
    if not mine:
        return "no row of a variant of hakmem's is in both measurements"
    few = sum(one.verdict == stats.TOO_FEW for one in mine)
    return f"{stats.TOO_FEW} runs to tell in {few} of {len(mine)} comparisons" if few else None
