"""report.html of a comparison of variants with one of them."""

import dataclasses
from collections.abc import Iterator

from bench.lab.judge.measures import SPEED, TIME, lead
from bench.lab.judge.pairs import Outcome, Pairs
from bench.lab.page import page
from bench.lab.show import pair_table, pair_words
from bench.lab.show.table import Table

_LEGENDS = {
    SPEED: "  In the tables of the rows an operation is one malloc or one free.",
    TIME: "  In the tables of the rows ratios are of times too: below 1 is faster.",
}


def render(pairs: Pairs, about: dict) -> str:
    """The whole page; ratios are to A."""
    outcomes = pairs.outcomes
    several = len(outcomes) > 1
    tables = [table for outcome in outcomes for table in _tables(outcome, several)]
    if several:
        tables.insert(0, dataclasses.replace(pair_table.several(outcomes),
                                             title=f"All rows, against {pairs.a.name}"))
    return page.render(pairs.cells, about, pairs.a.name, pair_words.verdicts(outcomes),
                       pair_words.LEGEND + _LEGENDS[lead(pairs.cells.rows[0])], tables)


def _tables(outcome: Outcome, named: bool) -> Iterator[Table]:
    """The tables of one outcome; `named`: their titles say whose."""
    where = f", {outcome.b.name} against {outcome.a.name}" if named else ""
    if outcome.rows:
        yield dataclasses.replace(pair_table.tallies(outcome), title=f"All measures{where}")
    for measure in outcome.rows:
        table = pair_table.comparisons(outcome, measure)
        yield dataclasses.replace(table, title=f"{table.title}{where}")
