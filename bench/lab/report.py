"""report.html: one file that opens from disk."""

from pathlib import Path

import jinja2

from bench.lab import bars, text
from bench.lab.analysis import Cell, Table


def _line(cell: Cell, fastest: float) -> dict:
    share = cell.speed.value / fastest if cell.speed and fastest else None
    style = "failed" if cell.failures else cell.variant.kind
    return {"words": text.cell(cell), "style": style, "share": share}


def _row(table: Table, row) -> dict:
    cells = [cell for cell in table.cells(row) if cell.speed or cell.failures or cell.left_out]
    fastest = max((cell.speed.value for cell in cells if cell.speed), default=0)
    return {
        "title": f"{row.program} {row.params}",
        "load": row.load,
        "best": table.best_peer(row),
        "lines": [_line(cell, fastest) for cell in cells],
        "failures": text.failures(cells),
    }


def render(table: Table, about: dict) -> str:
    """The whole page; `about` is the content of run.json."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )
    overall = [{"words": text.overall(line), "style": "", "share": None}
               for line in table.overall()]
    asked = bars.judge(table)
    bar_lines = [{"words": text.bar(bar), "style": "" if bar.met else "missed", "share": None}
                 for bar in asked]
    return environment.get_template("report.html.j2").render(
        about=about, legend=text.LEGEND, columns=text.COLUMNS,
        overall=overall, overall_columns=text.OVERALL_COLUMNS,
        without_means=text.without_means(table),
        bars=bar_lines, bar_columns=text.BAR_COLUMNS, bars_legend=text.BARS_LEGEND,
        bars_met=text.bars_met(asked),
        rows=[_row(table, row) for row in table.rows],
    )
