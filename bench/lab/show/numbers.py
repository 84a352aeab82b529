"""Numbers and intervals as text: the same on the terminal, in summary.md and in report.html."""

from bench.lab.judge import stats
from bench.lab.judge.stats import Estimate


def fixed(value: float | None, digits: int) -> str:
    """So many digits after the point; empty for None."""
    return "" if value is None else f"{value:.{digits}f}"


def short(value: float) -> str:
    """Three digits, and no more after the point than make sense."""
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


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
    if not estimate.enough:
        return stats.FEW_RUNS
    return f"{estimate.low:.3f}..{estimate.high:.3f}"
