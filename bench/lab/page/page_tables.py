"""The tables that stand on the page of the matrix, and of every page's rows."""

import dataclasses

from bench.lab.judge.cells import Cell, Cells
from bench.lab.judge.matrix import Matrix
from bench.lab.judge.measures import lead
from bench.lab.select.row import Row
from bench.lab.show import asked_tables, cell_table
from bench.lab.show.numbers import fixed
from bench.lab.show.table import Line, Table, plain

_LATENCY_HEADS = ("p50 ns", "p99 ns", "p99.9 ns", "max ns")


def of_matrix(found: Matrix) -> list[Table]:
    """The means and the bars, as far as there are any."""
    means = cell_table.means(found.cells)
    return ([means] if means else []) + ([asked_tables.bars(found.bars)] if found.bars else [])


def of_row(cells: Cells, row: Row) -> Table:
    """All variants in one row, with latencies and the front; columns without a word are left
    out."""
    its = cells.told(row)
    table = cell_table.of_row(row, its)
    longest = max((cell.shown.value for cell in its if cell.shown), default=0)
    on_front = cells.front(row)
    heads = [*table.heads, *_LATENCY_HEADS, f"{lead(row).name} and RSS"]
    lines = [_line(line, cell, longest, cell.variant.name in on_front)
             for line, cell in zip(table.lines, its)]
    kept = [i for i in range(len(heads))
            if i < 2 or any(i < len(line.words) and line.words[i] for line in lines)]
    best = cells.best_peer(row)
    return dataclasses.replace(
        table, heads=[heads[i] for i in kept],
        lines=[dataclasses.replace(line, words=[line.words[i] for i in kept
                                                if i < len(line.words)]) for line in lines],
        before=row.load + (f"; best peer: {best}" if best else ""))


def _line(line: Line, cell: Cell, longest: float, on_front: bool) -> Line:
    if cell.speed is None:
        return line
    known = cell.latencies or [None] * len(_LATENCY_HEADS)
    return Line([*line.words, *(fixed(value, 0) for value in known), "front" if on_front else ""],
                line.look, cell.shown.value / longest)


def of_fronts(cells: Cells) -> Table:
    """Which variants are on each row's front."""
    fronts = [(row.title, ", ".join(cells.front(row))) for row in cells.rows]
    return plain(["row", "variants, the fastest first"], [one for one in fronts if one[1]],
                 title="On the front")
