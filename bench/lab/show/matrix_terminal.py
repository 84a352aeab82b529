"""The tables of the matrix on the terminal."""

import dataclasses

from rich.console import Console
from rich.text import Text

from bench.lab.judge.cells import Cell, Cells
from bench.lab.judge.matrix import Matrix
from bench.lab.show import asked_tables, cell_table, change_table, markdown, terminal


def _show_row(console: Console, cells: list[Cell], best: str | None) -> list[str]:
    """The cells with numbers; returns the columns that the terminal is too narrow for."""
    row = cells[0].row
    table = cell_table.of_row(row, [cell for cell in cells if cell.speed is not None])
    title = f"{row.title}   {row.load}" + (f"   best peer: {best}" if best else "")
    return terminal.put(console, dataclasses.replace(table, title=title))


def _show_rows(console: Console, cells: Cells) -> list[str]:
    """All rows, what has no numbers below each; returns as _show_row."""
    narrow: list[str] = []
    for row in cells.rows:
        its = cells.in_row(row)
        if any(cell.speed for cell in its):
            narrow = max(narrow, _show_row(console, its, cells.best_peer(row)), key=len)
        else:
            console.print(f"{row.title}   {row.load}")
        for cell in its:
            if cell.failures:
                words = f"  {cell.variant.name}: {'; '.join(cell.failures)}"
                console.print(Text(words, style="bold red"))
            elif cell.left_out:
                console.print(Text(f"  {cell.variant.name}: {cell.left_out}", style="dim"))
        console.print()
    return narrow


def _show_bars(console: Console, found: Matrix) -> None:
    """Prints the bars, asked and measured, then the number of those that are met."""
    table = asked_tables.bars(found.bars)
    lacking = terminal.put(console, table)
    console.print()
    console.print(table.before, style="dim")
    terminal.say_narrow(console, lacking)
    console.print(table.after)


def _show_changes(console: Console, found: Matrix, words: list[str]) -> None:
    """Prints the changes since the earlier measurement."""
    changed = [one for one in found.changes or []
               if one.variant.kind == "profile" and one.judged.verdict in ("better", "worse")]
    if changed:
        terminal.put_apart(console, change_table.table(changed,
                                                       f"Against {found.earlier.folder}"))
    for line in words:
        console.print(line, markup=False)


def show(console: Console, found: Matrix, about: dict, words: list[str]) -> None:
    """The rows, then the means and the worst cells, last the bars, the targets and the changes if
    there are any; `words` say what the changes come to."""
    narrow = _show_rows(console, found.cells)
    means = cell_table.means(found.cells)
    if means:
        terminal.put_apart(console, means)
        if means.after:
            console.print(means.after, style="bold red", markup=False)
    console.print(cell_table.LEGEND, style="dim")
    console.print(markdown.layouts(about), style="dim")
    terminal.say_narrow(console, narrow)
    if found.bars:
        console.print()
        _show_bars(console, found)
    if found.targets:
        console.print()
        terminal.put_apart(console, asked_tables.targets(found.targets))
    _show_changes(console, found, words)
    terminal.say_doubts(console, about["doubts"])
