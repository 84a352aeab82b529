"""The targets that the project began with: met, missed or not measured, each with its number."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.judge.measures import SPEED
from bench.lab.judge.regress import Change
from bench.lab.judge.stats import Estimate
from bench.lab.select.variants import Variant

LEAST_SHARE = 0.5  # of the system's speed, in every row
MID_LARGE = 2.0  # of the system's speed
GAIN = 1.2  # of the speed in the earlier run
HEADS = ("target", "asked", "measured", "verdict")


@dataclass(frozen=True)
class Target:
    """One target.  `met` is None if it was not measured, or if there are too few runs to tell."""

    name: str
    asked: str
    measured: str
    met: bool | None

    @property
    def cells(self) -> list[str]:
        """In the order of HEADS."""
        verdict = {True: "met", False: "MISSED", None: stats.FEW_RUNS if self.measured
                   else "not measured"}[self.met]
        return [self.name, self.asked, self.measured, verdict]


def judge(table: Table, changes: list[Change] | None) -> list[Target]:
    """All of them, of the default profile; `changes` are those since an earlier run, None without
    one.  None at all if the default was not measured."""
    mine = next((v for v in table.variants if v.profile == "default" and v.link == "shared"), None)
    if mine is None:
        return []
    return [_larson(table), _lowest(table, mine), _average(table, mine), _mid_large(table, mine),
            _mid_large_change(mine, changes), _gain(mine, changes)]


def _ratios(table: Table, mine: Variant, program: str = "") -> dict[str, Estimate]:
    """Row -> speed over the system's."""
    cells = [table.cell(row, mine) for row in table.rows if program in ("", row.program)]
    return {cell.row.title: cell.vs_system for cell in cells if cell.vs_system}


def _told(ratios: Iterable[Estimate], met: bool) -> bool | None:
    """`met`, or None if one of the ratios comes from too few runs, or there are none."""
    found = [one.enough for one in ratios]
    return met if found and all(found) else None


def _mean(ratios: Iterable[Estimate]) -> float | None:
    values = [one.value for one in ratios]
    return stats.geometric_mean(values) if values else None


def _larson(table: Table) -> Target:
    rows = [row for row in table.rows if row.program == "larson" and row.threads >= 4]
    cells = [table.cell(row, v) for row in rows for v in table.variants if v.kind == "profile"]
    runs, failed = sum(cell.runs for cell in cells), sum(len(cell.failures) for cell in cells)
    return Target("larson, 4 threads and more", "no crash",
                  f"{failed} of {runs + failed} runs failed" if runs + failed else "",
                  False if failed else True if cells and all(
                      stats.enough_pairs(cell.runs) for cell in cells) else None)


def _lowest(table: Table, mine: Variant) -> Target:
    ratios = _ratios(table, mine)
    row = min(ratios, key=lambda name: ratios[name].value, default=None)
    return Target("every row against system", f">= {LEAST_SHARE:.2f}",
                  f"{ratios[row].value:.2f} in {row}" if row else "",
                  _told(ratios.values(), row is not None and ratios[row].value >= LEAST_SHARE))


def _average(table: Table, mine: Variant) -> Target:
    ratios = _ratios(table, mine)
    mean = _mean(ratios.values())
    return Target("all rows against system, on average", ">= 1.00",
                  f"{mean:.2f}" if ratios else "", _told(ratios.values(), (mean or 0) >= 1))


def _mid_large(table: Table, mine: Variant) -> Target:
    ratios = _ratios(table, mine, "bench_mid_large_mt")
    mean = _mean(ratios.values())
    return Target("mid-large against system", f">= {MID_LARGE:.2f}", f"{mean:.2f}" if ratios else "",
                  _told(ratios.values(), (mean or 0) >= MID_LARGE))


def _of(mine: Variant, changes: list[Change] | None) -> list[Change]:
    return [one for one in changes or [] if one.variant.name == mine.name and one.measure is SPEED]


def _mid_large_change(mine: Variant, changes: list[Change] | None) -> Target:
    of = [one for one in _of(mine, changes) if one.row.program == "bench_mid_large_mt"]
    worse = sum(one.verdict == "worse" for one in of)
    return Target("mid-large against the earlier run", "no row worse",
                  f"{worse} of {len(of)} rows worse" if of else "",
                  False if worse else _told((one.ratio for one in of), True))


def _gain(mine: Variant, changes: list[Change] | None) -> Target:
    of = _of(mine, changes)
    mean = _mean(one.ratio for one in of)
    return Target("all rows against the earlier run", f">= {GAIN:.2f}", f"{mean:.2f}" if of else "",
                  _told((one.ratio for one in of), (mean or 0) >= GAIN))


def as_csv(targets: list[Target]) -> str:
    """targets.csv: a line for each target, in words."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(one.cells for one in targets)
    return file.getvalue()
