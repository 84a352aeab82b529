"""The page: words and numbers from the runs, text of its parts from beside this file."""

import json
from pathlib import Path

import jinja2

from bench.lab.judge.analysis import Table
from bench.lab.show.report.blocks import Block
from bench.lab.show import text
from bench.lab.show.report import blocks, charts

HERE = Path(__file__).absolute().parent
LIBRARY = "chart.min.js"  # Chart.js, which the build puts beside this file
SCRIPTS = ("core.js", "dots.js", "load.js", "lines.js", "tables.js")


def render(table: Table, about: dict, base: str = "system",
           verdicts: list[str] | None = None, legend: str = text.LEGEND,
           tables: list[Block] | None = None) -> str:
    """The whole page; `about` is the content of run.json.

    Ratios in the charts are to the variant `base`, or to the first if that was not measured.
    `verdicts` are the sentences at the top; `tables` come before those of the rows, by default the
    means and the bars.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )
    data = charts.chart_data(table, charts.base_of(table, base))
    return environment.get_template("page.html.j2").render(
        about=about, data=data, verdicts=verdicts or [], legend=legend,
        blocks=blocks.of_matrix(table) if tables is None else tables,
        rows=[blocks.of_row(table, row) for row in table.rows],
        fronts=blocks.of_fronts(table),
        json=as_json(data), style=_read("page.css"), library=_read(LIBRARY),
        scripts=[_read(name) for name in SCRIPTS],
    )


def as_json(data: dict) -> str:
    """JSON that may stand in a <script>: no text in it ends the element."""
    text_ = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text_.replace("<", "\\u003c")


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
