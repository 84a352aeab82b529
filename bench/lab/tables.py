"""The tables on the terminal."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from bench.lab import bars, regress, targets, text
from bench.lab.analysis import Cell, Table
from bench.lab.verdicts import Verdicts

# What a terminal too narrow for all columns does without, the first first.
_DISPENSABLE = ("ns gross", "95 % interval", "ns net", "/ mi", "peak MiB", "of floor", "/ system")
_DISPENSABLE_OF_BARS = ("95 % interval", "against")
_STYLES = {"profile": "bold", "reference": "dim", "system": "", "peer": ""}


def make_console(stderr: bool = False) -> Console:
    """A console that does not cut tables when its output is not a terminal."""
    file = _Named(sys.stderr, "standard error") if stderr else _Named(sys.stdout, "standard output")
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(file=file, highlight=False, markup=False, emoji=False, width=160)
    return console


class _Named:
    """A stream whose errors say which one it is: a full disk, or a reader that is gone.  Bytes of
    the command line that are no text come out as escapes."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text.encode(errors="backslashreplace").decode())
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _empty(title: str) -> RichTable:
    return RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False,
                     pad_edge=False, padding=(0, 1, 0, 0))


def _fit(console: Console, dispensable: Sequence[str],
         build: Callable[[list[str]], RichTable]) -> tuple[RichTable, list[str]]:
    """The table that `build` makes without the columns it lacks, and these; a number is never cut
    to fit the terminal."""
    for n in range(len(dispensable) + 1):
        lacking = list(dispensable[:n])
        shown = build(lacking)
        unlimited = console.options.update(max_width=1 << 16)
        if Measurement.get(console, unlimited, shown).maximum <= console.width:
            break
    return shown, lacking


def _row_table(table: Table, cells: list[Cell], lacking: list[str]) -> RichTable:
    row = cells[0].row
    columns = text.columns(row)
    kept = [i for i, column in enumerate(columns) if column not in lacking]
    best = table.best_peer(row)
    title = f"{row.title}   {row.load}" + (f"   best peer: {best}" if best else "")
    shown = _empty(title)
    for i in kept:
        shown.add_column(columns[i], justify="left" if i == 0 else "right", no_wrap=True)
    for cell in cells:
        words = text.cell(cell)
        style = "red" if cell.failures else _STYLES[cell.variant.kind]
        if cell.speed is not None:
            shown.add_row(*(words[i] for i in kept), style=style)
    return shown


def _bars_table(judged: list[bars.Bar], lacking: list[str]) -> RichTable:
    kept = [i for i, column in enumerate(text.BAR_COLUMNS) if column not in lacking]
    shown = _empty("Bars")
    for i in kept:
        column = text.BAR_COLUMNS[i]
        shown.add_column(column, justify="right" if 1 < i < 5 else "left", no_wrap=i > 0,
                         overflow="fold")
    for bar in judged:
        words = text.bar(bar)
        style = {True: "", False: "red", None: "yellow"}[bar.met]
        shown.add_row(*(words[i] for i in kept), style=style)
    return shown


def _show_bars(console: Console, judged: list[bars.Bar]) -> None:
    """What is asked and what was measured, then how many are met."""
    shown, lacking = _fit(console, _DISPENSABLE_OF_BARS,
                          lambda without: _bars_table(judged, without))
    console.print(shown)
    console.print()
    console.print(text.BARS_LEGEND, style="dim")
    if lacking:
        console.print(f"The terminal is too narrow for {', '.join(lacking)}: see summary.md.")
    console.print(f"{text.bars_met(judged)}.")


def _show_lines(console: Console, title: str, heads: Sequence[str],
                lines: list[list[str]], wrong: Callable[[list[str]], bool]) -> None:
    """A table whose wrong lines are red."""
    shown = _empty(title)
    for i, head in enumerate(heads):
        shown.add_column(head, justify="left" if i in (0, len(heads) - 1) else "right",
                         overflow="fold")
    for line in lines:
        shown.add_row(*line, style="red" if wrong(line) else "")
    console.print(shown)
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
            shown, lacking = _fit(console, _DISPENSABLE,
                                  lambda without, c=cells: _row_table(table, c, without))
            narrow = max(narrow, lacking, key=len)
            console.print(shown)
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
        shown = _empty("All rows: geometric means, and the worst row of each")
        for i, column in enumerate(text.OVERALL_COLUMNS):
            shown.add_column(column, justify="right" if 0 < i < 4 else "left",
                             no_wrap=i < 4, overflow="fold")
        for line in lines:
            shown.add_row(*text.overall(line))
        console.print(shown)
        console.print()
    if text.without_means(table):
        console.print(text.without_means(table), style="bold red", markup=False)
    console.print(text.LEGEND, style="dim")
    if narrow:
        console.print(f"The terminal is too narrow for {', '.join(narrow)}: see summary.md.")
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
