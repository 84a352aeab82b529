"""report.html of a comparison of variants with one of them."""

from bench.lab.judge.analysis import Table
from bench.lab.judge.measures import SPEED, TIME, lead
from bench.lab.select.variants import Variant
from bench.lab.show import ab_text, report
from bench.lab.show.ab_text import Outcome
from bench.lab.show.report import Block, Line

_LEGENDS = {
    SPEED: "  In the tables of the rows an operation is one malloc or one free.",
    TIME: "  In the tables of the rows ratios are of times too: below 1 is faster.",
}


def render(outcomes: list[Outcome], a: Variant, table: Table, about: dict) -> str:
    """The whole page; ratios are to A, with which all outcomes compare."""
    blocks = [block for outcome in outcomes for block in _blocks(outcome, len(outcomes) > 1)]
    if len(outcomes) > 1:
        blocks.insert(0, Block(f"All rows, against {a.name}", list(ab_text.SEVERAL_COLUMNS),
                               [Line(cells) for cells in ab_text.several(outcomes)]))
    return report.render(table, about, base=a.name,
                         verdicts=ab_text.verdicts(outcomes),
                         legend=ab_text.LEGEND + _LEGENDS[lead(table.rows[0])], tables=blocks)


def _blocks(outcome: Outcome, named: bool) -> list[Block]:
    """The tables of one outcome; `named`: their titles say whose."""
    where = f", {outcome.b.name} against {outcome.a.name}" if named else ""
    blocks = []
    if outcome.rows:
        blocks.append(Block(
            f"All measures{where}", list(ab_text.OVERALL_COLUMNS),
            [Line(ab_text.overall_cells(line)) for line in outcome.overall]))
    for measure, rows in outcome.rows.items():
        blocks.append(Block(
            f"{measure.name}{where}", ab_text.columns(outcome, measure),
            [Line(ab_text.cells(one, outcome.b.name), one.verdict.replace(" ", "-"))
             for one in rows]))
    return blocks
