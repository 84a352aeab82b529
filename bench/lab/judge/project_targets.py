"""The targets that the project began with: met, missed or not measured, each with its number."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from bench.lab.judge.cells import Cells
from bench.lab.judge.measures import SPEED
from bench.lab.judge.regress import Change
from bench.lab.select.variant import Variant
from bench.lab.stats import families
from bench.lab.stats.estimate import Estimate

LEAST_SHARE = 0.5  # of the system's speed, in every row
MID_LARGE = 2.0  # of the system's speed
GAIN = 1.2  # of the speed in the earlier run


@dataclass(frozen=True)
class Target:
    """One target.  `met` is None if it was not measured, or if there are too few runs to tell."""

    name: str
    asked: str
    measured: str
    met: bool | None


def judge(cells: Cells, changes: list[Change] | None) -> list[Target]:
    """The targets of the default profile; an empty list if it was not measured.  `changes` are
    those since an earlier run, None without such a run."""
    mine = next((v for v in cells.variants if v.is_default), None)
    if mine is None:
        return []
    return [_larson(cells), _lowest(cells, mine), _average(cells, mine), _mid_large(cells, mine),
            _mid_large_change(mine, changes), _gain(mine, changes)]


def _ratios(cells: Cells, mine: Variant, program: str = "") -> dict[str, Estimate]:
    """Row -> speed over the system's."""
    found = [cells.of(row, mine) for row in cells.rows if program in ("", row.program)]
    return {cell.row.title: cell.vs_system for cell in found if cell.vs_system}


def _told(ratios: Iterable[Estimate], met: bool) -> bool | None:
    """`met`, or None if one of the ratios comes from too few runs, or there are none."""
    found = [one.enough for one in ratios]
    return met if found and all(found) else None


def _mean(ratios: Iterable[Estimate]) -> float | None:
    values = [one.value for one in ratios]
    return statistics.geometric_mean(values) if values else None


def _larson(cells: Cells) -> Target:
    rows = [row for row in cells.rows if row.program == "larson" and row.threads >= 4]
    found = [cells.of(row, v) for row in rows for v in cells.variants if v.kind == "profile"]
    runs, failed = sum(cell.runs for cell in found), sum(len(cell.failures) for cell in found)
    return Target("larson, 4 threads and more", "no crash",
                  f"{failed} of {runs + failed} runs failed" if runs + failed else "",
                  False if failed else True if found and all(
                      families.enough(cell.runs) for cell in found) else None)


def _lowest(cells: Cells, mine: Variant) -> Target:
    ratios = _ratios(cells, mine)
    row = min(ratios, key=lambda name: ratios[name].value, default=None)
    return Target("every row against system", f">= {LEAST_SHARE:.2f}",
                  f"{ratios[row].value:.2f} in {row}" if row else "",
                  _told(ratios.values(), row is not None and ratios[row].value >= LEAST_SHARE))


def _average(cells: Cells, mine: Variant) -> Target:
    ratios = _ratios(cells, mine)
    mean = _mean(ratios.values())
    return Target("all rows against system, on average", ">= 1.00",
                  f"{mean:.2f}" if ratios else "", _told(ratios.values(), (mean or 0) >= 1))


def _mid_large(cells: Cells, mine: Variant) -> Target:
    ratios = _ratios(cells, mine, "bench_mid_large_mt")
    mean = _mean(ratios.values())
    return Target("mid-large against system", f">= {MID_LARGE:.2f}", f"{mean:.2f}" if ratios else "",
                  _told(ratios.values(), (mean or 0) >= MID_LARGE))


def _of(mine: Variant, changes: list[Change] | None) -> list[Change]:
    return [one for one in changes or [] if one.variant.name == mine.name and one.judged.measure is SPEED]


def _mid_large_change(mine: Variant, changes: list[Change] | None) -> Target:
    of = [one for one in _of(mine, changes) if one.judged.row.program == "bench_mid_large_mt"]
    worse = sum(one.judged.verdict == "worse" for one in of)
    return Target("mid-large against the earlier run", "no row worse",
                  f"{worse} of {len(of)} rows worse" if of else "",
                  False if worse else _told((one.judged.effect for one in of), True))


def _gain(mine: Variant, changes: list[Change] | None) -> Target:
    of = _of(mine, changes)
    mean = _mean(one.judged.effect for one in of)
    return Target("all rows against the earlier run", f">= {GAIN:.2f}", f"{mean:.2f}" if of else "",
                  _told((one.judged.effect for one in of), (mean or 0) >= GAIN))
