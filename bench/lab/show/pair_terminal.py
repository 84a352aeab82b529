"""A comparison of variants with one of them on the terminal."""

import dataclasses

from rich.console import Console

from bench.lab.judge.pairs import Pairs
from bench.lab.show import markdown, pair_summary, pair_table, pair_words, terminal


def show(console: Console, pairs: Pairs, about: dict) -> None:
    """Prints the comparisons, the doubts, the verdicts."""
    outcomes = pairs.outcomes
    if len(outcomes) != 1:  # each row with all variants
        for table in pair_table.rows_of_several(outcomes):
            terminal.put_apart(console, table.without("verdict"))
    elif outcomes[0].lead:  # speed row by row, the other measures in one line each
        table = pair_table.comparisons(outcomes[0], outcomes[0].lead)
        terminal.put_apart(console, dataclasses.replace(table.without("verdict"), title=""))
        terminal.put_apart(console, pair_table.tallies(outcomes[0]))
    console.print(pair_words.LEGEND, style="dim")
    console.print(markdown.layouts(about), style="dim")
    for line in pair_summary.failures(pairs):
        console.print(line, style="bold red", markup=False)
    terminal.say_doubts(console, about["doubts"])
    for line in pair_words.verdicts(outcomes):
        console.print(line, style="bold")
