"""Numbers and intervals as text: the same on the terminal, in summary.md and in report.html."""

import math

from bench.lab.stats.estimate import FEW_RUNS, Estimate


def fixed(value: float | None, digits: int) -> str:
    """So many digits after the point; empty for None."""
    return "" if value is None else f"{value:.{digits}f}"


def short(value: float) -> str:
    """Three digits, and no more after the point than make sense."""
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def percent(share: float) -> str:
    """A share as 3.1 %, with two digits and no more after the point than make sense."""
    value = 100 * abs(share)
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.2g} %"


def significant(value: float, digits: int = 4) -> str:
    """So many digits that count, or all before the point."""
    if value and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:,.0f}"


def signed(value: float, digits: int = 4) -> str:
    """The same with a sign; 0 has none."""
    return ("+" if value > 0 else "") + significant(value, digits)


def ratio(estimate: Estimate | None) -> str:
    """As 2.31, 1.02= where the interval holds 1, or 1.50? where there are too few runs to tell."""
    if estimate is None:
        return ""
    mark = "" if estimate.excludes(1) else "=" if estimate.enough else "?"
    return f"{estimate.value:.2f}{mark}"


def interval(estimate: Estimate | None) -> str:
    """As 0.981..1.013; empty for None."""
    if estimate is None:
        return ""
    if not estimate.enough or not math.isfinite(estimate.high):
        return FEW_RUNS
    return f"{estimate.low:.3f}..{estimate.high:.3f}"
