"""What occasions come to: comparisons.csv, occasions.csv, summary.md, run.json; the same on the
terminal."""

import dataclasses
import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.lab.pool import circumstances, occasion_table
from bench.lab.pool.together import Pooled
from bench.lab.run.folder import Files
from bench.lab.show import markdown, pair_table, pair_words, terminal
from bench.lab.show.markdown import section
from bench.lab.stats.estimate import FAMILY, LEVEL

_COMPARISONS = "comparisons.csv"
LEGEND = (
    f"B / A (B less A where one is 0) is the common value of all occasions, its {100 * LEVEL:.0f} "
    "% interval that of a random-effects model: each occasion has an effect of its own, drawn "
    "around the common one (Paule and Mandel; Hartung and Knapp).  It covers other occasions of the same "
    "kind, and no others.  \"between occasions\" is how far their effects vary, by more than the "
    "rounds of each explain.  Verdicts are those of a single measurement: speed or time and peak "
    f"RSS are one family, all other measures another, each wrong by chance in at most "
    f"{100 * FAMILY:g} of 100 reports."
)


class JoinedFolder(Files):
    """The folder for what occasions come to."""

    def __init__(self, path: Path):
        """Raises UsageError if it cannot be made or has results."""
        super().__init__(path, _COMPARISONS, raw=False)

    def begin(self, first: Path) -> None:
        """Nothing: all files are written in the end."""


@dataclass(frozen=True)
class PoolReport:
    """Of what was joined; `command` is as the user typed it."""

    found: Pooled
    command: str
    interrupted: bool = False

    @property
    def failures(self) -> list[str]:
        """The runs without numbers."""
        return [f"occasion {one.number}: {what}" for one in self.found.occasions
                for what in one.runs.failures]

    def about(self, folder: Path) -> dict:
        """run.json of that folder.  Occasions below it are named from there."""
        found = self.found
        return {
            "command": self.command,
            "written": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "variants": [found.outcome.a.name, found.outcome.b.name],
            "question": found.question.text,
            "interrupted": self.interrupted,
            "doubts": circumstances.doubts(found),
            "occasions": [{
                "folder": _from(folder, one.folder), "started": one.started,
                "command": one.about.get("command"), "seed": one.about.get("seed"),
                "reps": one.about.get("reps"), "machine": one.machine,
            } for one in found.occasions],
        }

    def write(self, folder: JoinedFolder) -> None:
        """All files."""
        about = self.about(folder.path)
        folder.write_json("run.json", about)
        folder.write(_COMPARISONS, pair_table.csv([self.found.outcome]))
        folder.write("occasions.csv", occasion_table.csv(self.found))
        folder.write("summary.md", self._summary(about))

    def _summary(self, about: dict) -> str:
        found = self.found
        lines = [f"# {self.command}", ""]
        for line in pair_words.verdicts([found.outcome]):
            lines += [line, ""]
        lines += [f"{len(found.occasions)} occasions; asked: {about['question']}.", ""]
        lines += markdown.doubts(about)
        lines += [*markdown.bullets(self.failures), "", LEGEND, ""]
        lines += section("Occasions", markdown.table(occasion_table.occasions(found)))
        lines += section("All rows", markdown.table(pair_table.tallies(found.outcome)))
        for measure in found.joints:
            lines += section(measure.name,
                             markdown.table(pair_table.comparisons(found.outcome, measure)),
                             markdown.table(occasion_table.effects(found, measure)))
        return "\n".join(lines)

    def show(self, console: Console) -> None:
        """Prints the main tables, the doubts, the verdict."""
        found = self.found
        if lead := found.outcome.lead:
            table = pair_table.comparisons(found.outcome, lead)
            terminal.put_apart(console, dataclasses.replace(table.without("verdict"), title=""))
        for table in occasion_table.primary(found):
            terminal.put_apart(console, table)
        terminal.put_apart(console, pair_table.tallies(found.outcome))
        terminal.put_apart(console, occasion_table.occasions(found))
        console.print(LEGEND, style="dim")
        for line in self.failures:
            console.print(line, style="bold red", markup=False)
        terminal.say_doubts(console, circumstances.doubts(found))
        for line in pair_words.verdicts([found.outcome]):
            console.print(line, style="bold")


def _from(folder: Path, other: Path) -> str:
    """The name of a folder inside, the whole path of another one."""
    inner, outer = other.absolute(), folder.absolute()
    return os.path.relpath(inner, outer) if inner.is_relative_to(outer) else str(inner)
