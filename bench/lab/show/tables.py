"""The tables of the matrix on the terminal."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from bench.lab.base import screen
from bench.lab.judge import bars, regress, targets
from bench.lab.judge.analysis import Cell, Table
from bench.lab.judge.verdicts import Verdicts
from bench.lab.show import text

# What a terminal too narrow for all columns does without, the first first.
_DISPENSABLE = ("ns gross", "95 % interval", "ns net", "/ mi", "peak MiB", "of floor", "/ system")
_DISPENSABLE_OF_BARS = ("95 % interval", "against")
_STYLES = {"profile": "bold", "reference": "dim", "system": "", "peer": ""}


def _show_row(console: Console, table: Table, cells: list[Cell]) -> list[str]:
    """The cells with numbers; returns the columns that the terminal is too narrow for."""
    row = cells[0].row
    best = table.best_peer(row)
    title = f"{row.title}   {row.load}" + (f"   best peer: {best}" if best else "")
    shown = [cell for cell in cells if cell.speed is not None]
    return screen.put(
        console, text.columns(row), [text.cell(cell) for cell in shown], title=title,
        styles=["red" if cell.failures else _STYLES[cell.variant.kind] for cell in shown],
        dispensable=_DISPENSABLE)


def _show_bars(console: Console, judged: list[bars.Bar]) -> None:
    """What is asked and what was measured, then how many are met."""
    lacking = screen.put(
        console, text.BAR_COLUMNS, [text.bar(bar) for bar in judged], title="Bars",
        styles=[{True: "", False: "red", None: "yellow"}[bar.met] for bar in judged],
        words=(0, 1, 5, 6), folds=(0,), dispensable=_DISPENSABLE_OF_BARS)
    console.print()
    console.print(text.BARS_LEGEND, style="dim")
    _say_narrow(console, lacking)
    console.print(f"{text.bars_met(judged)}.")


def _say_narrow(console: Console, lacking: list[str]) -> None:
    if lacking:
        console.print(f"The terminal is too narrow for {', '.join(lacking)}: see summary.md.")


def _show_lines(console: Console, title: str, heads: Sequence[str],
                lines: list[list[str]], wrong: Callable[[list[str]], bool]) -> None:
    """A table whose wrong lines are red."""
    last = len(heads) - 1
    screen.put(console, heads, lines, title=title, words=(0, last), folds=(0, last - 1),
               styles=["red" if wrong(line) else "" for line in lines])
    console.print()


def _show_changes(console: Console, found: Verdicts) -> None:
    """What is no longer as it was, and how much of it."""
    changed = [one for one in found.changes or []
               if one.variant.kind == "profile" and one.verdict in ("better", "worse")]
    if changed:
        _show_lines(console, f"Against {found.earlier.folder}", regress.HEADS,
                    [regress.cells(one) for one in changed],
                    lambda line: line[-1].startswith("worse"))
    for line in found.words:
        console.print(line, markup=False)


def show(console: Console, table: Table, found: Verdicts) -> None:
    """All rows, what has no numbers below each, then the means and the worst cells, last the bars,
    the targets and the changes if there are any."""
    narrow: list[str] = []
    for row in table.rows:
        cells = table.cells(row)
        if any(cell.speed for cell in cells):
            narrow = max(narrow, _show_row(console, table, cells), key=len)
        else:
            console.print(f"{row.title}   {row.load}")
        for cell in cells:
            if cell.failures:
                words = f"  {cell.variant.name}: {'; '.join(cell.failures)}"
                console.print(Text(words, style="bold red"))
            elif cell.left_out:
                console.print(Text(f"  {cell.variant.name}: {cell.left_out}", style="dim"))
        console.print()
    lines = table.overall()
    if lines:
        screen.put(console, text.OVERALL_COLUMNS, [text.overall(line) for line in lines],
                   title="All rows: geometric means, and the worst row of each", words=(0, 4),
                   folds=(4,))
        console.print()
    if text.without_means(table):
        console.print(text.without_means(table), style="bold red", markup=False)
    console.print(text.LEGEND, style="dim")
    _say_narrow(console, narrow)
    if found.bars:
        console.print()
        _show_bars(console, found.bars)
    if found.targets:
        console.print()
        _show_lines(console, "Targets", targets.HEADS, [one.cells for one in found.targets],
                    lambda line: line[-1] == "MISSED")
    _show_changes(console, found)
    for doubt in found.doubts:
        console.print(f"doubtful: {doubt}", style="yellow", markup=False)
