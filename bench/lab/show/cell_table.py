"""The cells of a row as a table, and the means of all rows."""

from bench.lab.judge.cells import Cell, Cells
from bench.lab.judge.measures import SPEED, lead
from bench.lab.select.row import Row
from bench.lab.show.numbers import fixed, ratio, short
from bench.lab.show.table import Line, Table, plain
from bench.lab.stats import families
from bench.lab.stats.estimate import FEW_RUNS, TOO_FEW

LEGEND = (
    "Medians; an operation is one malloc or one free.  Ratios are of speeds: above 1 is faster.  "
    "Static variants are compared with the static system.  "
    "A ratio marked = has an interval that holds 1: it may be either way; one marked ? comes "
    f"from fewer than {families.LEAST} rounds, {TOO_FEW} to tell.  "
    "ns net is ns gross less that of the reference null in the same round, with its 95 % interval; "
    "of one thread only."
)
_DISPENSABLE = ("ns gross", "95 % interval", "ns net", "/ mi", "peak MiB", "of floor", "/ system")


def lead_head(row: Row) -> str:
    """The head of the row's own measure."""
    measure = lead(row)
    return measure.unit if measure is SPEED else measure.head


def of_row(row: Row, cells: list[Cell]) -> Table:
    """These cells of the row; one without numbers says why in its second column."""
    heads = ("variant", lead_head(row), "95 % interval", "/ system", "/ mi", "/ best peer",
             "of floor", "ns gross", "ns net", "peak MiB")
    lines = [Line(_words(one), "failed" if one.failures else one.variant.kind) for one in cells]
    return Table(heads, lines, row.title, dispensable=_DISPENSABLE, failures=[
        f"{one.variant.name}: {'; '.join(one.failures)}"
        for one in cells if one.failures and one.speed is not None])


def _words(one: Cell) -> list[str]:
    name = one.variant.name
    if one.speed is None:
        return [name, "; ".join(one.failures) or one.left_out or "no run finished"]
    shown = one.shown
    low_to_high = f"{short(shown.low)}..{short(shown.high)}" if shown.enough else FEW_RUNS
    floor = "" if one.of_floor is None else f"{100 * one.of_floor:.0f} %"
    return [
        name, short(shown.value), low_to_high, ratio(one.vs_system), ratio(one.vs_mi),
        ratio(one.vs_best), floor, fixed(one.gross_ns, 2), _net(one),
        fixed(one.rss_mib, 1),
    ]


def _net(one: Cell) -> str:
    """As 1.28 (1.21..1.36)."""
    if one.net_ns is None:
        return ""
    text = f"{one.net_ns.value:.2f}"
    return f"{text} ({one.net_ns.low:.2f}..{one.net_ns.high:.2f})" if one.net_ns.enough else text


def means(cells: Cells) -> Table | None:
    """Over all rows; None if no variant has numbers in all of them."""
    lines = []
    for one in cells.means():
        mark = "" if one.enough else "?"
        numbers = [fixed(value, 2) for value in (one.vs_system, one.vs_best, one.worst)]
        lines.append([one.variant, *(text + mark if text else "" for text in numbers),
                      one.worst_row])
    names = cells.without_means()
    return plain(
        ("variant", "/ system", "/ best peer", "worst / system", "in row"), lines,
        title="All rows: geometric means, and the worst row of each", left=(0, 4), folds=(4,),
        after=f"Without numbers in every row, so without a mean: {', '.join(names)}."
        if names else "") if lines else None


def at_a_glance(cells: Cells) -> Table:
    """All speeds: a line for each row, a column for each variant that is linked shared and is no
    reference."""
    variants = [v for v in cells.variants if v.link == "shared" and v.kind != "reference"]
    lines = []
    for row in cells.rows:
        its = [cells.of(row, variant) for variant in variants]
        lines.append([row.title, *(short(c.shown.value) if c.shown else "" for c in its)])
    return plain(("row", *(variant.name for variant in variants)), lines)
