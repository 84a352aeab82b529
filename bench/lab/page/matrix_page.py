"""report.html of the matrix."""

from bench.lab.judge.matrix import Matrix
from bench.lab.page import page, page_tables
from bench.lab.show import cell_table


def render(found: Matrix, about: dict, words: list[str]) -> str:
    """The whole page; ratios are to system, `words` say what the changes come to."""
    return page.render(found.cells, about, "system", words, cell_table.LEGEND,
                       page_tables.of_matrix(found))
