"""The files of a measurement of many variants, beside results.csv and run.json."""

from bench.lab.judge import bars, regress, targets, verdicts
from bench.lab.judge.analysis import Table
from bench.lab.run.earlier import Earlier
from bench.lab.run.results import Folder
from bench.lab.show import report, summary


def write(folder: Folder, table: Table, about: dict,
          earlier: Earlier | None = None) -> verdicts.Verdicts:
    """summary.md, report.html, and bars.csv, targets.csv, regressions.csv if there are any."""
    found = verdicts.judge(table, about, earlier)
    folder.write("summary.md", summary.render(table, about, found))
    folder.write("report.html", report.render(table, about, verdicts=found.words))
    if found.bars:
        folder.write("bars.csv", bars.as_csv(found.bars))
    if found.targets:
        folder.write("targets.csv", targets.as_csv(found.targets))
    if found.changes is not None:
        folder.write("regressions.csv", regress.as_csv(found.changes))
    return found
