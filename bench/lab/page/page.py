"""The page: words and numbers from the runs, text of its parts from beside this file."""

import json
from pathlib import Path

import jinja2

from bench.lab.judge.cells import Cells
from bench.lab.page import charts, page_tables
from bench.lab.show import markdown
from bench.lab.show.table import Table

HERE = Path(__file__).absolute().parent
LIBRARY = "chart.min.js"  # Chart.js, which the build puts beside this file
SCRIPTS = ("core.js", "dots.js", "load.js", "lines.js", "tables.js")


def render(cells: Cells, about: dict, base: str, verdicts: list[str], legend: str,
           tables: list[Table]) -> str:
    """The whole page; `about` is the content of run.json.

    Ratios in the charts are to the variant `base`, or to the first if that was not measured.
    `verdicts` are the sentences at the top; `tables` come before those of the rows.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )
    data = charts.chart_data(cells, charts.base_of(cells, base))
    return environment.get_template("page.html.j2").render(
        about=about, layouts=markdown.layouts(about), data=data, verdicts=verdicts, legend=legend, tables=tables,
        rows=[page_tables.of_row(cells, row) for row in cells.rows],
        fronts=page_tables.of_fronts(cells),
        json=as_json(data), style=_read("page.css"), library=_read(LIBRARY),
        scripts=[_read(name) for name in SCRIPTS],
    )


def as_json(data: dict) -> str:
    """JSON that may stand in a <script>: no text in it ends the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
