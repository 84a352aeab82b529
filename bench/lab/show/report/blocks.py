"""Tables of the page as words."""

from dataclasses import dataclass, field

from bench.lab.judge import bars
from bench.lab.judge.analysis import Cell, Table
from bench.lab.judge.measures import lead
from bench.lab.show.report.charts import front, latencies
from bench.lab.select.rows import Row
from bench.lab.show import text


@dataclass(frozen=True)
class Line:
    """One line of a table; a line shorter than the heads ends with a sentence."""

    words: list[str]
    style: str = ""  # class of its <tr>
    share: float | None = None  # of the longest bar, drawn in the second column


@dataclass(frozen=True)
class Block:
    """A table with what is said about it."""

    title: str
    heads: list[str]
    lines: list[Line]
    before: str = ""
    after: str = ""
    failures: list[str] = field(default_factory=list)


LATENCY_HEADS = ["p50 ns", "p99 ns", "p99.9 ns", "max ns"]


def of_matrix(table: Table) -> list[Block]:
    """The means and the bars, as far as there are any."""
    blocks = []
    overall = table.overall()
    if overall:
        blocks.append(Block(
            "All rows: geometric means, and the worst row of each", list(text.OVERALL_COLUMNS),
            [Line(text.overall(line)) for line in overall], after=text.without_means(table)))
    judged = bars.judge(table)
    if judged:
        blocks.append(Block(
            "Bars", list(text.BAR_COLUMNS),
            [Line(text.bar(bar), {True: "", False: "missed", None: "too-few"}[bar.met])
             for bar in judged],
            text.BARS_LEGEND, f"{text.bars_met(judged)}."))
    return blocks


def of_row(table: Table, row: Row) -> Block:
    """All variants in one row; columns without a word are left out."""
    cells = [cell for cell in table.cells(row) if cell.speed or cell.failures or cell.left_out]
    longest = max((cell.shown.value for cell in cells if cell.shown), default=0)
    on_front = front(table, row)
    heads = [*text.columns(row), *LATENCY_HEADS, f"{lead(row).name} and RSS"]
    lines = [_line(table, cell, longest, cell.variant.name in on_front) for cell in cells]
    kept = [i for i in range(len(heads))
            if i < 2 or any(i < len(line.words) and line.words[i] for line in lines)]
    best = table.best_peer(row)
    return Block(
        row.title, [heads[i] for i in kept],
        [Line([line.words[i] for i in kept if i < len(line.words)], line.style, line.share)
         for line in lines],
        row.load + (f"; best peer: {best}" if best else ""), failures=text.failures(cells))


def _line(table: Table, cell: Cell, longest: float, on_front: bool) -> Line:
    style = "failed" if cell.failures else cell.variant.kind
    words = text.cell(cell)
    if cell.speed is None:
        return Line(words, style)
    known = latencies(table, cell.row, cell.variant.name) or [None] * len(LATENCY_HEADS)
    return Line([*words, *(text.number(value, 0) for value in known), "front" if on_front else ""],
                style, cell.shown.value / longest)


def of_fronts(table: Table) -> Block:
    """Which variants are on each row's front."""
    lines = [Line([row.title, ", ".join(front(table, row))])
             for row in table.rows if front(table, row)]
    return Block("On the front", ["row", "variants, the fastest first"], lines)
