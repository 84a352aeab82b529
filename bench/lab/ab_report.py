"""report.html of a comparison of two variants."""

from bench.lab import ab_text, report
from bench.lab.ab_text import Outcome
from bench.lab.analysis import Table

_LEGEND = "  In the tables of the rows an operation is one malloc or one free."


def render(outcome: Outcome, table: Table, about: dict) -> str:
    """The whole page; ratios are to the first variant, A."""
    blocks = []
    if outcome.rows:
        blocks.append(report.Block(
            "All measures", list(ab_text.OVERALL_COLUMNS),
            [report.Line(ab_text.overall_cells(line)) for line in outcome.overall]))
    for measure, rows in outcome.rows.items():
        blocks.append(report.Block(
            measure.name, ab_text.columns(outcome, measure),
            [report.Line(ab_text.cells(one, outcome.b.name), one.verdict) for one in rows]))
    return report.render(table, about, base=outcome.a.name, verdict=outcome.verdict,
                         legend=ab_text.LEGEND + _LEGEND, tables=blocks)
