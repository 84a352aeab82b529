"""The report of many variants: bars, targets, changes since an earlier measurement."""

from dataclasses import dataclass

from rich.console import Console

from bench.lab.judge import matrix
from bench.lab.judge.matrix import Matrix
from bench.lab.page import matrix_page
from bench.lab.run.earlier import Earlier
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.show import asked_tables, change_table, matrix_summary, matrix_terminal


@dataclass(frozen=True)
class MatrixReport:
    """Of what was judged."""

    found: Matrix

    def write(self, folder: Folder, about: dict) -> None:
        """summary.md, report.html, and bars.csv, targets.csv, regressions.csv if there are any."""
        found, words = self.found, self._words(about)
        folder.write("summary.md", matrix_summary.render(found, about, words))
        folder.write("report.html", matrix_page.render(found, about, words))
        if found.bars:
            folder.write("bars.csv", asked_tables.bars_csv(found.bars))
        if found.targets:
            folder.write("targets.csv", asked_tables.targets_csv(found.targets))
        if found.changes is not None:
            folder.write("regressions.csv", change_table.csv(found.changes))

    def show(self, console: Console, about: dict) -> None:
        """All tables."""
        matrix_terminal.show(console, self.found, about, self._words(about))

    def _words(self, about: dict) -> list[str]:
        if self.found.changes is None:
            return []
        return change_table.sentences(self.found.changes, self.found.earlier, about)


def judge(runs: Runs, earlier: Earlier | None) -> MatrixReport:
    """The report of these runs."""
    return MatrixReport(matrix.judge(runs, earlier))
