"""The report of variants against the first of them."""

from dataclasses import dataclass

from rich.console import Console

from bench.lab.judge.pairs import Pairs
from bench.lab.page import pair_page
from bench.lab.run.folder import Folder
from bench.lab.show import pair_summary, pair_table, pair_terminal


@dataclass(frozen=True)
class PairsReport:
    """Of what was judged."""

    found: Pairs

    def write(self, folder: Folder, about: dict) -> None:
        """summary.md, comparisons.csv, report.html."""
        self.write_tables(folder, about)
        folder.write("report.html", pair_page.render(self.found, about))

    def write_tables(self, folder: Folder, about: dict) -> None:
        """The same without the page."""
        folder.write("summary.md", pair_summary.render(self.found, about))
        folder.write("comparisons.csv", pair_table.csv(self.found.outcomes))

    def show(self, console: Console, about: dict) -> None:
        """The rows, the verdicts."""
        pair_terminal.show(console, self.found, about)
