"""The terminal: its width and letters, and tables that fit it.  All commands print theirs here."""

import os
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDE = 160  # columns of tables where the output is no terminal and COLUMNS does not say
TEXT = 96  # the same where sentences stand beside the tables
NARROWEST = 20
_FOLDED = 12  # columns of the narrowest column of words
_WIDEST = 1 << 16


def make_console(stderr: bool = False, columns: int = WIDE, quiet: bool = False) -> Console:
    """A console as wide as the terminal, or as COLUMNS says, or as `columns`.  If it is no terminal,
    lines have no blanks at their ends.  A quiet one prints nothing."""
    file = _Named(sys.stderr, "standard error") if stderr else _Named(sys.stdout, "standard output")
    console = Console(file=file, highlight=False, markup=False, emoji=False, quiet=quiet)
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        console.width = columns
    console.width = max(console.width, NARROWEST)
    return console


class _Named:
    """A stream whose errors say which one it is: a full disk, or a reader that is gone."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, text: str) -> int:
        try:
            plain = text if self._stream.isatty() else re.sub(" +(?=\n)", "", text)
            return self._stream.write(plain)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def pairs(console: Console, lines: Iterable[tuple[str, str]], style: str = "") -> None:
    """Prints names, in that style, and the text of each beside it, folded where it is too long."""
    shown = Table.grid(padding=(0, 2))
    shown.add_column(no_wrap=True, style=style)
    shown.add_column()
    for name, text in lines:
        shown.add_row(Text(name), Text(text))
    console.print(shown)


def put(console: Console, heads: Sequence[str], lines: Sequence[Sequence[str]], *,
        title: str = "", styles: Sequence[str] = (), words: Collection[int] = (0,),
        folds: Collection[int] = (), dispensable: Sequence[str] = (), gap: int = 1,
        rule: bool = True) -> list[str]:
    """Prints a table, and returns the heads that it does without.

    `words` are the columns that are left-aligned; `folds` those whose words go on in the next line
    where the terminal is too narrow.  Between columns are `gap` blanks; `rule` is whether a line
    stands below the heads.  No number is cut: first what is `dispensable` is left out, the first of
    it first, then words are folded, and if all that is too wide still, each line of the table
    becomes a paragraph.
    """
    styles = styles or [""] * len(lines)

    def table(title: str, columns: Sequence[int]) -> Table:
        shown = Table(title=Text(title) if title else None, title_justify="left", show_edge=False,
                      pad_edge=False, padding=(0, gap, 0, 0), box=box.SIMPLE_HEAD if rule else None)
        for i in columns:
            shown.add_column(Text(heads[i]), justify="left" if i in words else "right",
                             no_wrap=i not in folds, overflow="fold")
        for line, style in zip(lines, styles):
            shown.add_row(*(Text(line[i]) for i in columns), style=style)
        return shown

    lacking: list[str] = []
    for n in range(len(dispensable) + 1):
        lacking = [head for head in dispensable[:n] if head in heads]
        kept = [i for i, head in enumerate(heads) if head not in lacking]
        shown = table(title, kept)
        if _width(console, shown) <= console.width:
            break
    room = console.width - _width(console, table("", [i for i in kept if i not in folds]))
    folded = [i for i in kept if i in folds]
    if _width(console, shown) > console.width and room < len(folded) * (_FOLDED + gap):
        _paragraphs(console, heads, lines, title, styles, kept)
    else:
        console.print(shown)
    return lacking


def _width(console: Console, shown: Table) -> int:
    """Columns of a table with room enough."""
    if not shown.columns:
        return 0
    return Measurement.get(console, console.options.update(max_width=_WIDEST), shown).maximum


def _paragraphs(console: Console, heads: Sequence[str], lines: Sequence[Sequence[str]], title: str,
                styles: Sequence[str], kept: Sequence[int]) -> None:
    if title:
        console.print(title, style="italic", overflow="fold")
    for line, style in zip(lines, styles):
        first, *others = kept
        console.print(Text(line[first], style=style), overflow="fold")
        for i in others:
            if line[i]:
                head = " ".join(heads[i].split())
                console.print(Text(f"  {head}: {line[i]}", style=style), overflow="fold")
