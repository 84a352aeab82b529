"""What the trials come to: noise.csv, a line for each trial as it ends; summary.md, and the table on
the terminal."""

import csv
import statistics
from pathlib import Path

from bench.lab.judge.measures import PEAK
from bench.lab.noise.known import Known
from bench.lab.noise.trials import Trial
from bench.lab.run.folder import Files
from bench.lab.show import markdown
from bench.lab.show.numbers import short
from bench.lab.show.table import Table, plain
from bench.lab.stats import shares

FILE = "noise.csv"
COLUMNS = ("pair", "trial", "benchmark", "parameters", "verdict", "change_percent",
           "visible_percent", "rounds", "seconds", "differs")
_HEADS = ("pair", "row", "trials", "worse", "the same", "differs anywhere", "B / A less 1, %",
          "would show, %", "rounds", "seconds")


class NoiseFolder(Files):
    """The folder of all measurements, each in a folder of its own inside."""

    def __init__(self, path: Path):
        """Raises UsageError if it cannot be made."""
        super().__init__(path, FILE)

    def begin(self, first: Path) -> None:
        """The head of noise.csv."""
        self._file = open(first, "w", newline="", encoding="utf-8")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(COLUMNS)

    def add(self, one: Trial) -> None:
        """One line."""
        self._csv.writerow([
            one.known.name, one.number, one.row.program, one.row.params, one.verdict,
            f"{one.change:.4g}", f"{one.visible:.4g}", one.rounds, f"{one.seconds:.1f}",
            int(one.differs)])
        self._file.flush()

    def of(self, known: Known, number: int) -> Path:
        """Where a measurement has its own files."""
        return self.path / f"{known.name}-{number}"


def table(trials: list[Trial]) -> Table:
    """A line for each pair and row."""
    lines = []
    for key in dict.fromkeys((one.known.name, one.row.key) for one in trials):
        of = [one for one in trials if (one.known.name, one.row.key) == key]
        lines.append([
            of[0].known.name, of[0].row.title, str(len(of)),
            str(sum(one.verdict == "worse" for one in of)),
            str(sum(one.verdict == "same" for one in of)),
            str(sum(one.differs for one in of)),
            f"{statistics.median(one.change for one in of):+.2f}",
            short(statistics.median(one.visible for one in of)),
            short(statistics.median(one.rounds for one in of)),
            short(statistics.median(one.seconds for one in of))])
    return plain(_HEADS, lines, left=(0, 1), folds=(1,))


def sentences(trials: list[Trial]) -> list[str]:
    """What each pair comes to, over all rows."""
    found = []
    for name in dict.fromkeys(one.known.name for one in trials):
        of = [one for one in trials if one.known.name == name]
        known = of[0].known
        if known.percent:
            seen = sum(one.verdict == "worse" for one in of)
            what = f"{known.b.ballast_kib} KiB more at the peak" if known.measure is PEAK \
                else f"{known.percent:g} % of added work"
            found.append(f"{name}: {what}, found in {_of(seen, of)}.")
            continue
        reports = {one.number for one in of}
        wrong = {one.number for one in of if one.differs}
        same = sum(one.verdict == "same" for one in of)
        found.append(
            f"{name}: no difference; called different in {_of(sum(one.differs for one in of), of)}"
            f", in {len(wrong)} of {len(reports)} measurements as a whole; called the same in "
            f"{_of(same, of)}.")
    return found


def _of(count: int, trials: list[Trial]) -> str:
    found = shares.share(count, len(trials))
    return f"{count} of {len(trials)} rows ({100 * found.low:.0f} to {100 * found.high:.0f} %)"


def write(folder: NoiseFolder, command: str, trials: list[Trial], interrupted: bool) -> None:
    """summary.md."""
    folder.write("summary.md", "\n".join([
        f"# {command}", "", *markdown.bullets(sentences(trials)), "",
        *(["**Interrupted: this is what was finished.**", ""] if interrupted else []),
        *markdown.table(table(trials), left=2), ""]))

