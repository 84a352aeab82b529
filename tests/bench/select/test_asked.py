"""What docs/performance.md says is asked of each row is what the rows ask."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from bench.lab.select import rows

PAGE = Path(__file__).absolute().parents[3] / "docs" / "performance.md"


def table() -> dict[str, tuple[float | None, ...]]:
    """Row -> its bars, of the section "Bars"."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Bars\n")[1].split("\n## ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {name.strip(" `"): tuple(float(bar) if bar.strip() else None for bar in bars)
            for name, *bars in lines}


ALL = {row.title: row for row in (*rows.QUICK, *rows.QUICK_BY_NAME, *rows.FULL)}


@pytest.mark.parametrize("row", ALL.values(), ids=list(ALL))
def test_a_row_asks_what_the_page_says(row):
    (bars,) = [bars for name, bars in table().items() if fnmatchcase(row.title, name)]
    assert bars == (row.bar, row.floor_bar, row.idle_bar)


def test_every_line_of_the_page_is_of_some_row():
    assert all(any(fnmatchcase(title, name) for title in ALL) for name in table())
