"""Runs that lie far from the others of their row and variant.  They are shown and kept: a median
does not mind them, and what made them slow may be what is looked for."""

import statistics
from dataclasses import dataclass

from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.judge.measures import lead
from bench.lab.select.rows import Row

FENCE = 3  # interquartile ranges: J. Tukey's outer fence, "Exploratory Data Analysis"
SHOWN = 20


@dataclass(frozen=True)
class Outlier:
    """One run, by its speed, or time."""

    row: Row
    variant: str
    rep: int
    ratio: float  # to the median


def find(table: Table) -> list[Outlier]:
    """The furthest first."""
    found = []
    for row in table.rows:
        for variant in table.variants:
            speeds = table.values(row, variant.name)
            if not stats.enough_pairs(len(speeds)):
                continue
            low, middle, high = statistics.quantiles(speeds.values(), n=4, method="inclusive")
            reach = FENCE * (high - low)
            found += [Outlier(row, variant.name, rep, speed / middle)
                      for rep, speed in speeds.items()
                      if not low - reach <= speed <= high + reach]
    return sorted(found, key=lambda one: -abs(one.ratio - 1))


def lines(table: Table) -> list[str]:
    """For summary.md; nothing without outliers, if there are enough runs to tell."""
    found = find(table)
    most = max((len(table.runs(row, variant.name)) for row in table.rows
                for variant in table.variants), default=0)
    if most and not stats.enough_pairs(most):
        return ["## Outliers", "", f"No verdict: {stats.too_few(most)}.", ""]
    if not found:
        return []
    text = [
        "## Outliers", "",
        f"{len(found)} runs lie more than {FENCE} interquartile ranges outside the middle half of "
        "the runs of their row and variant. An interquartile range is how far that middle half "
        "reaches, from the slowest of it to the fastest. All runs count.", "",
        *(f"- {one.row.title}, {one.variant}, round {one.rep}: "
          f"{one.ratio:.2f} of the median {lead(one.row).name}" for one in found[:SHOWN]),
    ]
    if len(found) > SHOWN:
        text.append(f"- and {len(found) - SHOWN} more")
    return [*text, ""]
