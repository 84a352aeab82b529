"""What the runs of the header study show: each lookup against the page map, row by row."""

import csv
import io
import statistics
from dataclasses import dataclass

from bench.lab import stats
from bench.lab.analysis import Table
from bench.lab.header_rows import BASE, Group
from bench.lab.rows import Row
from bench.lab.stats import Estimate
from bench.lab.variants import Variant

SPEED_WORDS = ("faster", "slower")
PEAK_WORDS = ("more", "less")
SAME = "no difference"
COLUMNS = ("group", "benchmark", "parameters", "what", "lookup", "value", "ratio", "low", "high",
           "verdict")


@dataclass(frozen=True)
class Measure:
    """One lookup in one row, its speed or its peak."""

    value: float | None  # median: operations a second, or KiB; None without runs
    ratio: Estimate | None  # to the map; None for the map itself and without common rounds
    verdict: str | None  # None where there is no ratio


@dataclass(frozen=True)
class Comparison:
    """One row.  The keys are class lookups."""

    group: str
    row: Row
    speed: dict[str, Measure]
    peak: dict[str, Measure]


def verdict(ratio: Estimate | None, words: tuple[str, str]) -> str | None:
    """words[0] if all of the interval is above 1, words[1] if all of it is below."""
    if ratio is None:
        return None
    if not ratio.excludes(1):
        return SAME
    return words[0] if ratio.low > 1 else words[1]


def compare(table: Table, groups: tuple[Group, ...],
            variants: dict[str, Variant]) -> list[Comparison]:
    """All rows, in their order."""
    return [
        Comparison(
            group.title, row,
            _measures(table, row, variants, "ops_per_s", SPEED_WORDS),
            _measures(table, row, variants, "peak_rss_kib", PEAK_WORDS),
        )
        for group in groups for row in group.rows
    ]


def _measures(table: Table, row: Row, variants: dict[str, Variant], field: str,
              words: tuple[str, str]) -> dict[str, Measure]:
    values = {
        lookup: {rep: getattr(run, field) for rep, run in table.runs(row, variant.name).items()}
        for lookup, variant in variants.items()
    }
    measures = {}
    for lookup, mine in values.items():
        ratio = None if lookup == BASE else stats.ratio(mine, values[BASE])
        middle = statistics.median(mine.values()) if mine else None
        measures[lookup] = Measure(middle, ratio, verdict(ratio, words))
    return measures


def as_csv(comparisons: list[Comparison]) -> str:
    """comparisons.csv: a line for each row, quantity and lookup.  `value` is operations a second
    or KiB; what there is not is empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in comparisons:
        for what, measures in (("speed", one.speed), ("peak", one.peak)):
            for lookup, measure in measures.items():
                ratio = measure.ratio
                numbers = [measure.value] + (
                    [ratio.value, ratio.low, ratio.high] if ratio else [None] * 3)
                writer.writerow([
                    one.group, one.row.program, one.row.params, what, lookup,
                    *("" if number is None else f"{number:.12g}" for number in numbers),
                    measure.verdict or "",
                ])
    return file.getvalue()
