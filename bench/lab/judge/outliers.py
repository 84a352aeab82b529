"""Runs that lie far from the others of their row and variant.  They are shown, and they
count: a median hardly changes with them, and the reason why they are slow may be worth knowing."""

import statistics
from dataclasses import dataclass

from bench.lab.judge.cells import Cells
from bench.lab.select.row import Row
from bench.lab.stats import families

FENCE = 3  # interquartile ranges: J. Tukey's outer fence, "Exploratory Data Analysis"


@dataclass(frozen=True)
class Outlier:
    """One run, by its speed, or time."""

    row: Row
    variant: str
    rep: int
    ratio: float  # to the median


@dataclass(frozen=True)
class Outliers:
    """The furthest first."""

    found: list[Outlier]
    most: int  # runs of a row and variant: with too few no run lies far from the others


def find(cells: Cells) -> Outliers:
    """All of them, also those of references."""
    found, most = [], 0
    for row in cells.rows:
        for variant in cells.variants:
            values = cells.values(row, variant.name)
            most = max(most, len(values))
            if not families.enough(len(values)):
                continue
            low, middle, high = statistics.quantiles(values.values(), n=4, method="inclusive")
            reach = FENCE * (high - low)
            found += [Outlier(row, variant.name, rep, value / middle)
                      for rep, value in values.items()
                      if not low - reach <= value <= high + reach]
    return Outliers(sorted(found, key=lambda one: -abs(one.ratio - 1)), most)
