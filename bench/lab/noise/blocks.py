"""Blocks of pairs in which there is no difference, or a known one, each judged as a measurement.

A block is judged as a whole measurement of bench:ab would be.  What is found between a variant
and itself is false; what is not found between it and its slowed runs is missed.
"""

import dataclasses
import statistics
from dataclasses import dataclass

from scipy import stats as scipy_stats

from bench.lab.judge import compare
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import SPEED
from bench.lab.judge.stats import LEVEL
from bench.lab.run.runs import Runs
from bench.lab.run.schedule import Job
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Noise:
    """One row."""

    row: Row
    blocks: int
    false: int  # blocks in which the interval alone shows a difference that is not there
    false_together: int  # the same after the correction for all rows
    visible: float  # percent: the median of what a block would have seen
    missed: int  # blocks in which the interval does not show the added work
    slowed: float  # percent: the median of how much slower the slowed runs were


def trio(one: Variant, added: float) -> list[Variant]:
    """The variant, the same again, and with `added` percent more work."""
    return [one, dataclasses.replace(one, name=f"{one.name}-again"),
            dataclasses.replace(one, name=f"{one.name}-slowed", more=added / 100)]


def split(runs: Runs, pairs: int) -> list[Runs]:
    """Blocks of `pairs` rounds each; what is left over is left out."""
    most = max((max(runs.of(row, one.name), default=0) for row in runs.rows
                for one in runs.variants), default=0)
    found = []
    for first in range(1, most - pairs + 2, pairs):
        block = Runs(runs.rows, runs.variants)
        for row in runs.rows:
            for variant in runs.variants:
                for rep, run in runs.of(row, variant.name).items():
                    if first <= rep < first + pairs:
                        block.add(Job(row, variant, rep), run, "")
        found.append(block)
    return found


def judge(runs: Runs, pairs: int) -> list[Noise]:
    """All rows with numbers; the variants are those of trio."""
    same: dict[str, list[Comparison]] = {}
    slowed: dict[str, list[Comparison]] = {}
    base, *others = runs.variants
    for block in split(runs, pairs):
        for variant, found in zip(others, (same, slowed)):
            for one in compare.compare(block, base, [variant], SPEED)[0]:
                found.setdefault(one.row.key, []).append(one)
    return [
        _noise(row, same[row.key], slowed.get(row.key, []))
        for row in runs.rows if row.key in same
    ]


def _noise(row: Row, same: list[Comparison], slowed: list[Comparison]) -> Noise:
    return Noise(
        row, len(same), sum(one.ratio.excludes(1) for one in same),
        sum(one.verdict in ("better", "worse") for one in same),
        statistics.median(one.visible for one in same),
        sum(not one.ratio.excludes(1) or one.is_better for one in slowed),
        statistics.median(100 * (1 / one.ratio.value - 1) for one in slowed) if slowed else 0.0,
    )


def false_rate(found: list[Noise]) -> tuple[float, float, float]:
    """Share of all blocks whose interval shows a difference that is not there, with its exact
    95 % interval (C. Clopper, E. Pearson, 1934)."""
    result = scipy_stats.binomtest(sum(one.false for one in found),
                                   sum(one.blocks for one in found))
    interval = result.proportion_ci(LEVEL)
    return result.statistic, interval.low, interval.high
