"""What the runs of header_ab show: each lookup against the page map, row by row."""

import statistics
from dataclasses import dataclass

from bench.lab.header.rows import BASE, Group
from bench.lab.judge import stats
from bench.lab.judge.compare import Comparison, compare
from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.judge.stats import Estimate
from bench.lab.run.runs import Runs
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

SPEED_WORDS = ("faster", "slower")
PEAK_WORDS = ("more", "less")
UNSURE = "unsure"
SAME = "no difference"
TOO_FEW = stats.FEW_RUNS


@dataclass(frozen=True)
class LookupCell:
    """One lookup in one row, its speed or its peak."""

    value: float | None  # median: million operations a second, or MiB; None without runs
    ratio: Estimate | None  # to the map; None for the map itself and without common rounds
    verdict: str | None  # None where there is no ratio


@dataclass(frozen=True)
class LookupRow:
    """All lookups in one row.  The keys are class lookups."""

    group: str
    row: Row
    speed: dict[str, LookupCell]
    peak: dict[str, LookupCell]


def verdict(one: Comparison, words: tuple[str, str]) -> str:
    """words[0] if the ratio is surely above 1, words[1] if it is surely below."""
    if one.verdict == stats.TOO_FEW:
        return TOO_FEW
    if one.verdict == "same":
        return SAME
    if not one.sure:
        return UNSURE
    return words[0] if one.ratio.value > 1 else words[1]


def against_map(runs: Runs, groups: tuple[Group, ...],
                variants: dict[str, Variant]) -> list[LookupRow]:
    """All rows, in their order."""
    speed = _cells(runs, variants, SPEED, SPEED_WORDS)
    peak = _cells(runs, variants, PEAK, PEAK_WORDS)
    return [LookupRow(group.title, row, speed[row.key], peak[row.key])
            for group in groups for row in group.rows]


def _cells(runs: Runs, variants: dict[str, Variant], measure: Measure,
           words: tuple[str, str]) -> dict[str, dict[str, LookupCell]]:
    """Row -> lookup -> what was measured."""
    others = [lookup for lookup in variants if lookup != BASE]
    found = compare(runs, variants[BASE], [variants[name] for name in others], measure)
    compared = {(lookup, one.row.key): one for lookup, lines in zip(others, found) for one in lines}
    cells: dict[str, dict[str, LookupCell]] = {}
    for row in runs.rows:
        for lookup, variant in variants.items():
            values = [measure.of(run) for run in runs.of(row, variant.name).values()]
            one = compared.get((lookup, row.key))
            cells.setdefault(row.key, {})[lookup] = LookupCell(
                statistics.median(values) if values else None,
                one.ratio if one else None, verdict(one, words) if one else None,
            )
    return cells
