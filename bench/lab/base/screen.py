"""The terminal: its width and letters, and tables that fit it.  All commands print theirs here."""

import os
import sys
from collections.abc import Collection, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDE = 160  # columns where the output is no terminal and COLUMNS does not say
NARROWEST = 20
_FOLDED = 12  # columns of the narrowest column of words
_WIDEST = 1 << 16


def make_console(stderr: bool = False) -> Console:
    """A console as wide as the terminal, or as COLUMNS says, or WIDE."""
    file = _Named(sys.stderr, "standard error") if stderr else _Named(sys.stdout, "standard output")
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        console.width = WIDE
    console.width = max(console.width, NARROWEST)
    return console


def plain() -> None:
    """From here on both output streams write an escape for each character that their encoding
    lacks, and for bytes of the command line that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _Named:
    """A stream whose errors say which one it is: a full disk, or a reader that is gone."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def put(console: Console, heads: Sequence[str], lines: Sequence[Sequence[str]], *,
        title: str = "", styles: Sequence[str] = (), words: Collection[int] = (0,),
        folds: Collection[int] = (), dispensable: Sequence[str] = ()) -> list[str]:
    """Prints a table, and returns the heads that it does without.

    `words` are the columns that are left-aligned; `folds` those whose words go on in the next line
    where the terminal is too narrow.  No number is cut: first what is `dispensable` is left out,
    the first of it first, then words are folded, and if all that is too wide still, each line of
    the table becomes a paragraph.
    """
    styles = styles or [""] * len(lines)
    lacking: list[str] = []
    for n in range(len(dispensable) + 1):
        lacking = [head for head in dispensable[:n] if head in heads]
        kept = [i for i, head in enumerate(heads) if head not in lacking]
        shown = _table(heads, lines, title, styles, words, folds, kept)
        if _width(console, shown) <= console.width:
            break
    stiff = _table(heads, lines, "", styles, words, folds, [i for i in kept if i not in folds])
    room = console.width - _width(console, stiff)
    folded = [i for i in kept if i in folds]
    if _width(console, shown) > console.width and room < len(folded) * (_FOLDED + 1):
        _paragraphs(console, heads, lines, title, styles, kept)
    else:
        console.print(shown)
    return lacking


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]], title: str,
           styles: Sequence[str], words: Collection[int], folds: Collection[int], kept: Sequence[int]) -> Table:
    shown = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD,
                  show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i in kept:
        shown.add_column(Text(heads[i]), justify="left" if i in words else "right",
                         no_wrap=i not in folds, overflow="fold")
    for line, style in zip(lines, styles):
        shown.add_row(*(Text(line[i]) for i in kept), style=style)
    return shown


def _width(console: Console, shown: Table) -> int:
    """How many columns of the terminal the table takes if nothing is folded."""
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
                console.print(Text(f"  {heads[i]}: {line[i]}", style=style), overflow="fold")
