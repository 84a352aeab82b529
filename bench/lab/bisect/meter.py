"""One step of a search: two variants in the row, measured until the answer is known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console

from bench.lab.base import progress
from bench.lab.bisect.sought import Broken
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import Measure
from bench.lab.measure.asked import OfSeconds
from bench.lab.run import schedule
from bench.lab.run.folder import Folder
from bench.lab.run.session import Session
from bench.lab.select.manifest import Manifest
from bench.lab.select.question import Question
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from gen.screen import make_console


class Meter(Protocol):
    """Measures."""

    def measure(self, a: Variant, b: Variant, question: Question) -> Comparison:
        """B against A.  Raises Broken if one of them does not run."""


@dataclass
class RowMeter:
    """Measures in one row, each time for at most `within` seconds; the runs of each measurement are
    in a folder of its own."""

    command: str  # as the user typed it
    manifest: Manifest
    row: Row
    what: Measure
    within: float
    timeout: float  # of one run, seconds
    seed: int
    folder: Path
    console: Console
    made: int = 0

    def measure(self, a: Variant, b: Variant, question: Question) -> Comparison:
        """As Meter.measure; KeyboardInterrupt and OSError end it, as anywhere."""
        self.made += 1
        what = OfSeconds(question, self.within, family=(self.what,), awaited=(self.what,))
        session = Session(
            command=self.command, manifest=self.manifest, rows=[self.row], variants=[a, b],
            until=what.until, seed=self.seed + self.made, timeout=self.timeout,
            folder=Folder(self.folder / f"{self.made:02}-{b.name}"), order=schedule.pair,
            all_or_none=True, question=question.text)
        with progress.step(self.console, f"measuring {b.name} against {a.name}"):
            made = session.measure(make_console(quiet=True))
        session.folder.write_json("run.json", made.about)
        if made.failure:
            raise made.failure
        if made.about["interrupted"]:
            raise KeyboardInterrupt
        if made.runs.failures:
            raise Broken(made.runs.failures[0])
        (found,) = what.compare(made.runs)[self.what]
        if not found:
            raise Broken(f"{self.row.title} has no {self.what.name}")
        return found[0]
