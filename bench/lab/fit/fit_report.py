"""The report of fit_study: the pairs, the table, the fitted profiles, the document."""

from dataclasses import dataclass

from rich.console import Console

from bench.lab.base.document import Document
from bench.lab.fit import fit_table
from bench.lab.fit.fit_table import Gain
from bench.lab.fit.fitted import FittedProgram
from bench.lab.judge.pairs import Pairs
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.run.folder import Folder
from bench.lab.show import terminal


@dataclass(frozen=True)
class FitReport(PairsReport):
    """Of the runs of fitted programs."""

    programs: list[FittedProgram]
    left_out: list[str]
    document: Document | None  # which holds the table
    gains: list[Gain]

    def write(self, folder: Folder, about: dict) -> None:
        """The tables of all pairs, fit.csv, table.md, the profiles, the document."""
        self.write_tables(folder, about)
        folder.write("fit.csv", fit_table.csv(self.gains))
        text = fit_table.section(self.gains, self.left_out, about)
        folder.write("table.md", text)
        for program in self.programs:
            folder.write(f"{program.profile}.yaml", program.path.read_text(encoding="utf-8"))
        if self.document and not about["interrupted"]:
            self.document.put(text)

    def show(self, console: Console, _about: dict) -> None:
        """The table and what it comes to."""
        terminal.put_apart(console, fit_table.table(self.gains))
        console.print(fit_table.verdict(self.gains), style="bold")
        if self.document:
            console.print(f"document: {self.document.path}", markup=False, soft_wrap=True)


def judge(found: Pairs, programs: list[FittedProgram], left_out: list[str],
          document: Document | None) -> FitReport:
    """The report of these runs, in which the fitted variant comes first."""
    return FitReport(found, programs, left_out, document,
                     fit_table.gains(programs, found.outcomes))
