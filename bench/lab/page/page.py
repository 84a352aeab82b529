"""The page: words and numbers from the runs, text of its parts from web/."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from bench.lab.judge.cells import Cells
from bench.lab.page import charts, page_tables
from bench.lab.show import markdown
from bench.lab.show.table import Table

WEB = Path(__file__).absolute().parent / "web"
LIBRARY = "chart.min.js"  # Chart.js, which the build puts among them
SCRIPTS = ("core.js", "dots.js", "load.js", "lines.js", "tables.js", "runs.js")


def render(cells: Cells, about: dict, base: str, verdicts: list[str], legend: str,
           tables: list[Table]) -> str:
    """The whole page; `about` is the content of run.json.

    Ratios in the charts are to the variant `base`, or to the first if that was not measured.
    `verdicts` are the sentences at the top; `tables` come before those of the rows.
    """
    data = charts.chart_data(cells, charts.base_of(cells, base))
    return fill(
        WEB / "page.html.j2", [WEB / name for name in SCRIPTS], data, about=about,
        layouts=markdown.layouts(about), verdicts=verdicts, legend=legend, tables=tables,
        rows=[page_tables.of_row(cells, row) for row in cells.rows],
        fronts=page_tables.of_fronts(cells))


def fill(template: Path, scripts: Sequence[Path], data: dict, **words: Any) -> str:
    """A page from a template, which gets `words`, `data`, `json` (the data for the scripts), and
    `style`, `library` and `scripts`, the texts to be inlined."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, WEB]), undefined=jinja2.StrictUndefined,
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(
        **words, data=data, json=as_json(data), style=_read(WEB / "page.css"),
        library=_read(WEB / LIBRARY), scripts=[_read(path) for path in scripts])


def as_json(data: dict) -> str:
    """JSON that may stand in a <script>: no text in it ends the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
