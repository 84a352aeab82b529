"""Cells as text: the same words on the terminal, in summary.md and in report.html."""

import math

from bench.lab.analysis import Cell, Overall, Table
from bench.lab.bars import Bar
from bench.lab.stats import Estimate

COLUMNS = (
    "variant", "M ops/s", "95 % interval", "/ system", "/ mi", "/ best peer", "of floor",
    "ns gross", "ns net", "peak MiB",
)
OVERALL_COLUMNS = ("variant", "/ system", "/ best peer", "worst / system", "in row")
BAR_COLUMNS = ("row", "what", "asked", "measured", "95 % interval", "against", "verdict")
LEGEND = (
    "Medians; an operation is one malloc or one free.  Ratios are of speeds: above 1 is faster.  "
    "Static variants are compared with the static system.  "
    "A ratio marked = has an interval that holds 1: no difference was found.  "
    "ns net is ns gross less that of the reference null."
)

BARS_LEGEND = (
    "What is asked of the profile default.  speed: ratio to the fastest peer; floor: to the "
    "reference floor; both are missed if all of the interval is below what is asked.  memory: "
    "median peak RSS, against the leanest or the fastest peer.  idle: the share of the peak that "
    "is resident at the end."
)


def ratio(estimate: Estimate | None) -> str:
    """As 2.31, or 1.02= where the interval holds 1."""
    if estimate is None:
        return ""
    return f"{estimate.value:.2f}" + ("" if estimate.excludes(1) else "=")


def number(value: float | None, digits: int) -> str:
    """Empty for None."""
    return "" if value is None else f"{value:.{digits}f}"


def _millions(value: float) -> str:
    return f"{value / 1e6:.3g}" if value < 1e7 else f"{value / 1e6:.1f}"


def cell(one: Cell) -> list[str]:
    """In the order of COLUMNS; a cell without numbers says why in its second column."""
    name = one.variant.name
    if one.speed is None:
        return [name, "; ".join(one.failures) or one.left_out or "no run finished"]
    interval = f"{_millions(one.speed.low)}..{_millions(one.speed.high)}"
    if math.isinf(one.speed.high):
        interval = "one run"
    floor = "" if one.of_floor is None else f"{100 * one.of_floor:.0f} %"
    return [
        name, _millions(one.speed.value), interval, ratio(one.vs_system), ratio(one.vs_mi),
        ratio(one.vs_best), floor, number(one.gross_ns, 2), number(one.net_ns, 2),
        number(one.rss_mib, 1),
    ]


def failures(cells: list[Cell]) -> list[str]:
    """The failed runs of cells that have numbers all the same, from their other runs."""
    return [f"{one.variant.name}: {'; '.join(one.failures)}"
            for one in cells if one.failures and one.speed is not None]


def overall(line: Overall) -> list[str]:
    """In the order of OVERALL_COLUMNS."""
    return [
        line.variant, number(line.vs_system, 2), number(line.vs_best, 2), number(line.worst, 2),
        line.worst_row,
    ]


def without_means(table: Table) -> str:
    """Which variants the table of means leaves out, as a sentence; empty if none."""
    names = table.without_means()
    return f"Without numbers in every row, so without a mean: {', '.join(names)}." if names else ""


def glance(table: Table) -> tuple[tuple[str, ...], list[list[str]]]:
    """Columns and lines of all speeds at a glance: a line for each row, a column for each variant
    that is linked shared and is no reference."""
    variants = [v for v in table.variants if v.link == "shared" and v.kind != "reference"]
    lines = []
    for row in table.rows:
        cells = [table.cell(row, variant) for variant in variants]
        lines.append([f"{row.program} {row.params}",
                      *(_millions(c.speed.value) if c.speed else "" for c in cells)])
    return ("row", *(variant.name for variant in variants)), lines


def bar(one: Bar) -> list[str]:
    """In the order of BAR_COLUMNS."""
    if one.what in ("speed", "floor"):
        asked, measured = f">= {one.asked:.2f}", f"{one.measured:.3f}"
    elif one.what == "memory":
        asked, measured = f"<= {one.asked / 1024:.2f} MiB", f"{one.measured / 1024:.2f} MiB"
    else:
        asked, measured = f"<= {100 * one.asked:.0f} %", f"{100 * one.measured:.1f} %"
    interval = f"{one.interval.low:.3f}..{one.interval.high:.3f}" if one.interval else ""
    against = f"{one.against} {one.beyond}".rstrip() if one.against else "its own peak"
    return [f"{one.row.program} {one.row.params}", one.what, asked, measured, interval, against,
            "met" if one.met else "MISSED"]


def bars_met(bars: list[Bar]) -> str:
    """The closing sentence."""
    return f"{sum(bar.met for bar in bars)} of {len(bars)} bars met"
