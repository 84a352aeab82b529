"""The files of a measurement of many variants, beside results.csv and run.json."""

from bench.lab import bars, report, summary
from bench.lab.analysis import Table
from bench.lab.results import Folder


def write(folder: Folder, table: Table, about: dict) -> None:
    """summary.md, report.html, and bars.csv if anything is asked of the rows."""
    folder.write("summary.md", summary.render(table, about))
    folder.write("report.html", report.render(table, about))
    judged = bars.judge(table)
    if judged:
        folder.write("bars.csv", bars.as_csv(judged))
