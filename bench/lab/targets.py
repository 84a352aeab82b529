"""The targets that the project began with: met, missed or not measured, each with its number."""

import csv
import io
from dataclasses import dataclass

from bench.lab import stats
from bench.lab.analysis import Table
from bench.lab.compare import SPEED
from bench.lab.regress import Change
from bench.lab.variants import Variant

LEAST_SHARE = 0.5  # of the system's speed, in every row
MID_LARGE = 2.0  # of the system's speed
GAIN = 1.2  # of the speed in the earlier run
HEADS = ("target", "asked", "measured", "verdict")


@dataclass(frozen=True)
class Target:
    """One target.  `met` is None if it was not measured."""

    name: str
    asked: str
    measured: str
    met: bool | None

    @property
    def cells(self) -> list[str]:
        """In the order of HEADS."""
        verdict = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        return [self.name, self.asked, self.measured, verdict]


def judge(table: Table, changes: list[Change] | None) -> list[Target]:
    """All of them, of the default profile; `changes` are those since an earlier run, None without
    one.  None at all if the default was not measured."""
    mine = next((v for v in table.variants if v.profile == "default" and v.link == "shared"), None)
    if mine is None:
        return []
    return [_larson(table), _lowest(table, mine), _average(table, mine), _mid_large(table, mine),
            _mid_large_change(mine, changes), _gain(mine, changes)]


def _ratios(table: Table, mine: Variant, program: str = "") -> dict[str, float]:
    """Row -> speed over the system's."""
    cells = [table.cell(row, mine) for row in table.rows if program in ("", row.program)]
    return {f"{cell.row.program} {cell.row.params}": cell.vs_system.value
            for cell in cells if cell.vs_system}


def _larson(table: Table) -> Target:
    rows = [row for row in table.rows if row.program == "larson" and row.threads >= 4]
    cells = [table.cell(row, v) for row in rows for v in table.variants if v.kind == "profile"]
    runs, failed = sum(cell.runs for cell in cells), sum(len(cell.failures) for cell in cells)
    return Target("larson, 4 threads and more", "no crash",
                  f"{failed} of {runs + failed} runs failed" if runs + failed else "",
                  failed == 0 if runs + failed else None)


def _lowest(table: Table, mine: Variant) -> Target:
    ratios = _ratios(table, mine)
    row = min(ratios, key=ratios.__getitem__, default=None)
    return Target("every row against system", f">= {LEAST_SHARE:.2f}",
                  f"{ratios[row]:.2f} in {row}" if row else "",
                  ratios[row] >= LEAST_SHARE if row else None)


def _average(table: Table, mine: Variant) -> Target:
    ratios = _ratios(table, mine)
    mean = stats.geometric_mean(list(ratios.values())) if ratios else None
    return Target("all rows against system, on average", ">= 1.00",
                  f"{mean:.2f}" if ratios else "", mean >= 1 if ratios else None)


def _mid_large(table: Table, mine: Variant) -> Target:
    ratios = _ratios(table, mine, "bench_mid_large_mt")
    mean = stats.geometric_mean(list(ratios.values())) if ratios else None
    return Target("mid-large against system", f">= {MID_LARGE:.2f}", f"{mean:.2f}" if ratios else "",
                  mean >= MID_LARGE if ratios else None)


def _of(mine: Variant, changes: list[Change] | None) -> list[Change]:
    return [one for one in changes or [] if one.variant.name == mine.name and one.measure is SPEED]


def _mid_large_change(mine: Variant, changes: list[Change] | None) -> Target:
    of = [one for one in _of(mine, changes) if one.row.program == "bench_mid_large_mt"]
    worse = sum(one.verdict == "worse" for one in of)
    return Target("mid-large against the earlier run", "no row worse",
                  f"{worse} of {len(of)} rows worse" if of else "", worse == 0 if of else None)


def _gain(mine: Variant, changes: list[Change] | None) -> Target:
    of = _of(mine, changes)
    mean = stats.geometric_mean([one.ratio.value for one in of]) if of else None
    return Target("all rows against the earlier run", f">= {GAIN:.2f}", f"{mean:.2f}" if of else "",
                  mean >= GAIN if of else None)


def as_csv(targets: list[Target]) -> str:
    """targets.csv: a line for each target, in words."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(one.cells for one in targets)
    return file.getvalue()
