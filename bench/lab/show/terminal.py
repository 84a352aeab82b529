"""The writer of tables on the terminal, with what is said below them."""

from collections.abc import Sequence

from rich.console import Console

from bench.lab.show.table import Table
from gen import screen

STYLES = {"better": "green", "worse": "red", "not-known": "yellow", "too-few": "yellow",
          "lost-runs": "red",
          "missed": "red", "failed": "red", "profile": "bold", "reference": "dim", "hakmem": "bold"}


def put(console: Console, table: Table) -> list[str]:
    """Prints the table; returns the heads that the terminal is too narrow for."""
    return screen.put(
        console, table.heads, [line.words for line in table.lines], title=table.title,
        styles=[STYLES.get(line.look, "") for line in table.lines], words=table.left,
        folds=table.folds, dispensable=table.dispensable)


def put_apart(console: Console, table: Table) -> None:
    """The same, and an empty line."""
    put(console, table)
    console.print()


def say_narrow(console: Console, lacking: Sequence[str]) -> None:
    """Which columns are left out, if any."""
    if lacking:
        console.print(f"The terminal is too narrow for {', '.join(lacking)}: see summary.md.")


def say_doubts(console: Console, doubts: Sequence[str]) -> None:
    """Prints the reasons to doubt the measurement."""
    for doubt in doubts:
        console.print(f"doubtful: {doubt}", style="yellow", markup=False)
