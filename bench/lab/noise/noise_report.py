"""What the blocks come to: noise.csv, summary.md, the table on the terminal."""

import statistics
from dataclasses import dataclass

from rich.console import Console

from bench.lab.noise import blocks
from bench.lab.noise.blocks import Noise
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.show import csv_file, markdown, terminal
from bench.lab.show.table import Table, plain

_COLUMNS = ("benchmark", "parameters", "blocks", "false", "false_together", "visible_percent",
            "missed", "slowed_percent")
_HEADS = ("row", "blocks", "differs", "differs, together", "would have seen, %", "missed",
          "slowed by, %")


@dataclass(frozen=True)
class NoiseReport:
    """Of all rows, with `added` percent of work in the slowed runs."""

    found: list[Noise]
    added: float

    def write(self, folder: Folder, about: dict) -> None:
        """noise.csv, summary.md."""
        folder.write("noise.csv", csv_file.text(_COLUMNS, (
            [one.row.program, one.row.params, one.blocks, one.false, one.false_together,
             f"{one.visible:.4g}", one.missed, f"{one.slowed:.4g}"] for one in self.found)))
        folder.write("summary.md", "\n".join([
            f"# {about['command']}", "", verdict(self.found, self.added), "",
            *(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), "",
            *markdown.table(_table(self.found)), ""]))

    def show(self, console: Console, _about: dict) -> None:
        """The table and the sentences."""
        terminal.put_apart(console, _table(self.found))
        console.print(verdict(self.found, self.added), style="bold")


def judge(runs: Runs, pairs: int, added: float) -> NoiseReport:
    """The report of these runs, in blocks of so many pairs."""
    return NoiseReport(blocks.judge(runs, pairs), added)


def _table(found: list[Noise]) -> Table:
    return plain(_HEADS, [
        [one.row.title, str(one.blocks), str(one.false), str(one.false_together),
         f"{one.visible:.1f}", str(one.missed), f"{one.slowed:.1f}"] for one in found], folds=(0,))


def verdict(found: list[Noise], added: float) -> str:
    """Sentences about all rows."""
    if not found:
        return "No row has numbers."
    rate, low, high = blocks.false_rate(found)
    count, missed = sum(one.blocks for one in found), sum(one.missed for one in found)
    floor = statistics.median(one.visible for one in found)
    return (
        f"Differences found where there is none: {100 * rate:.1f} % of {count} comparisons "
        f"({100 * low:.1f} to {100 * high:.1f}); all rows of a block taken together: "
        f"{sum(one.false_together for one in found)}.  Noise floor: half of the rows show "
        f"differences of {floor:.1f} %.  {added:g} % of added work: seen in {count - missed} of "
        f"{count}."
    )
