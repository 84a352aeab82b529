"""Cells as text: the same words on the terminal, in summary.md and in report.html."""

from collections.abc import Sequence

from bench.lab.judge import stats
from bench.lab.judge.analysis import Cell, Overall, Table
from bench.lab.judge.bars import Bar
from bench.lab.judge.measures import SPEED, lead
from bench.lab.judge.stats import Estimate
from bench.lab.select.rows import Row

OVERALL_COLUMNS = ("variant", "/ system", "/ best peer", "worst / system", "in row")
VERDICTS = {True: "met", False: "MISSED", None: stats.FEW_RUNS}
BAR_COLUMNS = ("row", "what", "asked", "measured", "95 % interval", "against", "verdict")
LEGEND = (
    "Medians; an operation is one malloc or one free.  Ratios are of speeds: above 1 is faster.  "
    "Static variants are compared with the static system.  "
    "A ratio marked = has an interval that holds 1: no difference was found; one marked ? comes "
    f"from fewer than {stats.LEAST_PAIRS} rounds, {stats.TOO_FEW} to tell.  "
    "ns net is ns gross less that of the reference null."
)

BARS_LEGEND = (
    "What is asked of the profile default.  speed: ratio to the fastest peer; floor: to the "
    "reference floor; both are missed if all of the 95 % interval is below what is asked.  memory: "
    "median peak RSS, against the leanest or the fastest peer.  idle: the share of the peak that "
    "is resident at the end."
)


def columns(row: Row) -> tuple[str, ...]:
    """The heads of cell."""
    measure = lead(row)
    return ("variant", measure.unit if measure is SPEED else measure.head, "95 % interval",
            "/ system", "/ mi", "/ best peer", "of floor", "ns gross", "ns net", "peak MiB")


def ratio(estimate: Estimate | None) -> str:
    """As 2.31, 1.02= where the interval holds 1, or 1.50? where there are too few runs to tell."""
    if estimate is None:
        return ""
    mark = "" if estimate.excludes(1) else "=" if estimate.enough else "?"
    return f"{estimate.value:.2f}{mark}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """As 0.981..1.013."""
    if not estimate.enough:
        return stats.FEW_RUNS
    return f"{estimate.low:.{digits}f}..{estimate.high:.{digits}f}"


def markdown(heads: Sequence[str], lines: list[list[str]], words: int = 1) -> list[str]:
    """The lines of a Markdown table; the first `words` columns are left, the others right.  A line
    shorter than the heads is filled up."""
    def line(cells: Sequence[str]) -> str:
        filled = [*cells, *[""] * (len(heads) - len(cells))]
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in filled) + " |"

    rule = "|---" * words + "|---:" * (len(heads) - words) + "|"
    return [line(heads), rule, *map(line, lines)]


def number(value: float | None, digits: int) -> str:
    """Empty for None."""
    return "" if value is None else f"{value:.{digits}f}"


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def cell(one: Cell) -> list[str]:
    """In the order of columns; a cell without numbers says why in its second column."""
    name = one.variant.name
    if one.speed is None:
        return [name, "; ".join(one.failures) or one.left_out or "no run finished"]
    shown = one.shown
    low_to_high = f"{_short(shown.low)}..{_short(shown.high)}" if shown.enough else stats.FEW_RUNS
    floor = "" if one.of_floor is None else f"{100 * one.of_floor:.0f} %"
    return [
        name, _short(shown.value), low_to_high, ratio(one.vs_system), ratio(one.vs_mi),
        ratio(one.vs_best), floor, number(one.gross_ns, 2), number(one.net_ns, 2),
        number(one.rss_mib, 1),
    ]


def failures(cells: list[Cell]) -> list[str]:
    """The failed runs of cells that have numbers all the same, from their other runs."""
    return [f"{one.variant.name}: {'; '.join(one.failures)}"
            for one in cells if one.failures and one.speed is not None]


def overall(line: Overall) -> list[str]:
    """In the order of OVERALL_COLUMNS."""
    mark = "" if line.enough else "?"
    numbers = [number(value, 2) for value in (line.vs_system, line.vs_best, line.worst)]
    return [line.variant, *(text + mark if text else "" for text in numbers), line.worst_row]


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
        lines.append([row.title,
                      *(_short(c.shown.value) if c.shown else "" for c in cells)])
    return ("row", *(variant.name for variant in variants)), lines


def bar(one: Bar) -> list[str]:
    """In the order of BAR_COLUMNS."""
    if one.what in ("speed", "floor"):
        asked, measured = f">= {one.asked:.2f}", f"{one.measured:.3f}"
    elif one.what == "memory":
        asked, measured = f"<= {one.asked / 1024:.2f} MiB", f"{one.measured / 1024:.2f} MiB"
    else:
        asked, measured = f"<= {100 * one.asked:.0f} %", f"{100 * one.measured:.1f} %"
    low_to_high = interval(one.interval) if one.interval else ""
    against = f"{one.against} {one.beyond}".rstrip() if one.against else "its own peak"
    return [one.row.title, one.what, asked, measured, low_to_high, against,
            VERDICTS[one.met]]


def bars_met(bars: list[Bar]) -> str:
    """The closing sentence."""
    told = [bar for bar in bars if bar.met is not None]
    few = len(bars) - len(told)
    if not told:
        return f"No verdict on {few} bars: {stats.too_few(max(bar.runs for bar in bars))}"
    met = f"{sum(bar.met for bar in told)} of {len(told)} bars met"
    return f"{met}; {few} have {stats.TOO_FEW} runs to tell" if few else met
