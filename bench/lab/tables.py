"""The tables on the terminal."""

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bench.lab import text
from bench.lab.analysis import Cell, Table

_STYLES = {"profile": "bold", "reference": "dim", "system": "", "peer": ""}


def make_console(stderr: bool = False) -> Console:
    """A console that does not cut tables when its output is not a terminal."""
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, width=160)
    return console


def _row_table(table: Table, cells: list[Cell]) -> RichTable:
    row = cells[0].row
    best = table.best_peer(row)
    title = f"{row.program} {row.params}   {row.load}" + (f"   best peer: {best}" if best else "")
    shown = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(text.COLUMNS):
        shown.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for cell in cells:
        words = text.cell(cell)
        style = "red" if cell.failures else _STYLES[cell.variant.kind]
        if cell.speed is not None:
            shown.add_row(*words, style=style)
    return shown


def show(console: Console, table: Table) -> None:
    """All rows, what has no numbers below each, then the means and the worst cells."""
    for row in table.rows:
        cells = table.cells(row)
        if any(cell.speed for cell in cells):
            console.print(_row_table(table, cells))
        else:
            console.print(f"{row.program} {row.params}   {row.load}")
        for cell in cells:
            if cell.failures:
                words = f"  {cell.variant.name}: {'; '.join(cell.failures)}"
                console.print(Text(words, style="bold red"))
            elif cell.left_out:
                console.print(Text(f"  {cell.variant.name}: {cell.left_out}", style="dim"))
    lines = table.overall()
    if lines:
        shown = RichTable(title="All rows: geometric means, and the worst row of each",
                          title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for i, column in enumerate(text.OVERALL_COLUMNS):
            shown.add_column(column, justify="right" if 0 < i < 4 else "left")
        for line in lines:
            shown.add_row(*text.overall(line))
        console.print(shown)
    console.print(text.LEGEND, style="dim")
