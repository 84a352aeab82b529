"""This measurement against an earlier one: which rows are better or worse.

The two are apart in time, and a whole machine is faster at times.  So speeds are those relative to
the system's malloc in the same round, which did not change in between; where it was not measured in
both, as they are.  Rounds of different measurements are no pairs: intervals come from resampling
each by itself.
"""

import csv
import io
import statistics
from dataclasses import dataclass, replace

from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.judge.compare import holm
from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.judge.stats import Estimate
from bench.lab.run.earlier import Earlier
from bench.lab.run.execute import Run
from bench.lab.select.rows import Row
from bench.lab.select.variants import Variant
from bench.lab.show import text

MARKED = 0.10  # worse by this share
SEVERE = 0.20
COLUMNS = ("benchmark", "parameters", "variant", "measure", "then", "now", "plain_ratio",
           "system_ratio", "ratio", "low", "high", "p", "verdict", "mark")


@dataclass(frozen=True)
class Change:
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
    def is_better(self) -> bool:
        """Which way the ratio points."""
        return (self.ratio.value > 1) == self.measure.more_is_better

    @property
    def verdict(self) -> str:
        """better, worse, unsure (the interval says so, all rows together do not), same, or
        stats.TOO_FEW."""
        if not self.ratio.enough:
            return stats.TOO_FEW
        if not self.ratio.excludes(1):
            return "same"
        if not self.sure:
            return "unsure"
        return "better" if self.is_better else "worse"

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


def compare(table: Table, earlier: Earlier) -> list[Change]:
    """Every row and variant that both have numbers for; references apart."""
    found = []
    for measure in (SPEED, PEAK):
        changes = [one for row in table.rows for variant in table.variants
                   if variant.kind != "reference"
                   and (one := _change(table, earlier, row, variant, measure))]
        sure = holm([one.p for one in changes])
        found += [replace(one, sure=yes) for one, yes in zip(changes, sure)]
    return found


def _change(table: Table, earlier: Earlier, row: Row, variant: Variant,
            measure: Measure) -> Change | None:
    now = table.runs(row, variant.name)
    then = earlier.runs(row.program, row.params, variant.name)
    if not now or not then or not all(measure.of(run) > 0 for run in (*now.values(),
                                                                     *then.values())):
        return None
    middle = [statistics.median(measure.of(run) for run in runs.values()) for runs in (then, now)]
    system = None
    values = [{rep: measure.of(run) for rep, run in runs.items()} for runs in (then, now)]
    if measure is SPEED and variant.name != variant.baseline:
        before = earlier.runs(row.program, row.params, variant.baseline)
        after = table.runs(row, variant.baseline)
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
    """What surely got worse by a tenth or more, of hakmem's variants."""
    return [one for one in changes if one.variant.kind == "profile" and one.verdict == "worse"
            and one.mark]


def untold(changes: list[Change]) -> str | None:
    """Why nobody can say whether hakmem's variants got worse; None if that can be said of all."""
    mine = [one for one in changes if one.variant.kind == "profile"]
    if not mine:
        return "no row of a variant of hakmem's is in both measurements"
    few = sum(one.verdict == stats.TOO_FEW for one in mine)
    return f"{stats.TOO_FEW} runs to tell in {few} of {len(mine)} comparisons" if few else None


def as_csv(changes: list[Change]) -> str:
    """regressions.csv: a line for each change; speeds are M ops/s, peaks MiB; `low` and `high` are
    empty with too few runs for an interval."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in changes:
        low, high = (one.ratio.low, one.ratio.high) if one.ratio.enough else (None, None)
        numbers = [one.then, one.now, one.now / one.then, one.system, one.ratio.value, low, high,
                   one.p]
        writer.writerow([one.row.program, one.row.params, one.variant.name, one.measure.name,
                         *("" if value is None else f"{value:.12g}" for value in numbers),
                         one.verdict, one.mark])
    return file.getvalue()


HEADS = ("row", "variant", "measure", "then", "now", "now / then", "system now / then",
         "to system's", "95 % interval", "verdict")


def cells(one: Change) -> list[str]:
    """In the order of HEADS."""
    return [
        one.row.title, one.variant.name,
        f"{one.measure.name}, {one.measure.unit}", f"{one.then:.3g}", f"{one.now:.3g}",
        f"{one.now / one.then:.3f}", "" if one.system is None else f"{one.system:.3f}",
        f"{one.ratio.value:.3f}", text.interval(one.ratio),
        f"{one.verdict} ({one.mark})" if one.mark else one.verdict,
    ]


def words(changes: list[Change], earlier: Earlier, machine: dict) -> list[str]:
    """What the comparison comes to, as sentences."""
    lines = []
    differ = earlier.other_machine(machine)
    if differ:
        lines.append(f"Doubtful: measured on different machines ({'; '.join(differ)}).")
    for measure in (SPEED, PEAK):
        of = [one for one in changes if one.measure is measure and one.variant.kind == "profile"]
        count = {word: sum(one.verdict == word for one in of)
                 for word in ("better", "worse", "unsure", "same", stats.TOO_FEW)}
        lines.append(f"{measure.name}: of {len(of)} rows of hakmem's variants "
                     + ", ".join(f"{n} {word}" for word, n in count.items()
                                 if n or word != stats.TOO_FEW) + ".")
    moved = {(one.row.key): one.system for one in changes if one.system is not None}
    if moved:
        mean = stats.geometric_mean(list(moved.values()))
        if abs(mean - 1) > 0.05:
            lines.append(f"The system's malloc, which did not change, is at {mean:.2f} of its speed "
                         "then: the machine is another one, or otherwise busy.  Verdicts on speed "
                         "are relative to it.")
    return lines
