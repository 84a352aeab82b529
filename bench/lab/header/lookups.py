"""What the runs of header_ab show: each lookup against the page map, row by row."""

import statistics
from dataclasses import dataclass

from bench.lab.header.rows import Group
from bench.lab.judge.compare import LOST, NOT_KNOWN, TOO_FEW, Comparison
from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.judge.pairs import Pairs
from bench.lab.run.runs import Runs
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.stats.estimate import Estimate

SPEED_WORDS = ("faster", "slower")
PEAK_WORDS = ("more", "less")
SAME = "same"
OTHERS = (SAME, NOT_KNOWN, TOO_FEW, LOST)  # what a row may be beside these words


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
    """words[0] if the ratio is surely above 1, words[1] if it is surely below; else of OTHERS."""
    if one.verdict in OTHERS:
        return one.verdict
    return words[0] if one.effect.value > 1 else words[1]


def against_map(found: Pairs, runs: Runs, groups: tuple[Group, ...],
                variants: dict[str, Variant]) -> list[LookupRow]:
    """All rows, in their order; `found` is what the runs come to against the page map."""
    speed = _cells(found, runs, variants, SPEED, SPEED_WORDS)
    peak = _cells(found, runs, variants, PEAK, PEAK_WORDS)
    return [LookupRow(group.title, row, speed[row.key], peak[row.key])
            for group in groups for row in group.rows]


def _cells(found: Pairs, runs: Runs, variants: dict[str, Variant], measure: Measure,
           words: tuple[str, str]) -> dict[str, dict[str, LookupCell]]:
    """Row -> lookup -> what was measured."""
    compared = {(outcome.b.name, one.row.key): one for outcome in found.outcomes
                for one in outcome.rows.get(measure, [])}
    cells: dict[str, dict[str, LookupCell]] = {}
    for row in runs.rows:
        for lookup, variant in variants.items():
            values = [measure.of(run) for run in runs.of(row, variant.name).values()]
            one = compared.get((variant.name, row.key))
            cells.setdefault(row.key, {})[lookup] = LookupCell(
                statistics.median(values) if values else None,
                one.effect if one else None, verdict(one, words) if one else None,
            )
    return cells
