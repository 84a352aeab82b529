"""What a search came to: bisect.csv, bisect.json, summary.md, run.json; and on the terminal."""

import math
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from bench.lab.bisect.journal import EFFECT, SEARCH, Journal, Step
from bench.lab.bisect.sought import BROKEN, NO, UNCLEAR, YES
from bench.lab.judge.compare import Comparison
from bench.lab.run.folder import Files
from bench.lab.select.row import Row
from bench.lab.show import csv_file, markdown, pair_words, terminal
from bench.lab.show.markdown import section
from bench.lab.show.numbers import interval, percent
from bench.lab.show.table import Line, Table

CSV = "bisect.csv"
_COLUMNS = ("step", "purpose", "a", "b", "what", "answer", "effect", "low", "high", "rounds", "why")
_LOOKS = {YES: "worse", UNCLEAR: "not-known", BROKEN: "failed"}
_WHICH = {"keys": "key", "commits": "commit"}
LEGEND = (
    f"{SEARCH}: does it surely make more than the threshold, in the same direction: {YES}, {NO}, "
    f"{UNCLEAR} within the time, {BROKEN}.  {EFFECT}: a measurement of its own, for the number.  "
    "Each answer is wrong by chance in at most 1 of 100."
)


@dataclass
class BisectReport:
    """Of one search; `about` is the content of run.json."""

    journal: Journal
    row: Row
    a: str
    b: str
    about: dict

    def write(self, folder: Files) -> None:
        """All files."""
        folder.write_json("run.json", self.about)
        folder.write(CSV, csv(self.journal))
        folder.write_json("bisect.json", self._json())
        folder.write("summary.md", self._summary())

    def show(self, console: Console) -> None:
        """Prints the steps and the result."""
        if self.journal.steps:
            terminal.put_apart(console, steps(self.journal))
            console.print(LEGEND, style="dim")
        for line in self.journal.notes:
            console.print(line, markup=False)
        terminal.say_doubts(console, self.about["doubts"])
        for line in self.sentences():
            console.print(line, style="bold", markup=False)

    def sentences(self) -> list[str]:
        """The result."""
        journal, total = self.journal, self.journal.total
        if total is None:
            return ["There is nothing to measure."] if journal.finished else []
        lines = [f"{self.b} against {self.a}, {self.row.title}, {total.measure.name}: "
                 f"{pair_words.effect(total, '')}."]
        if journal.sought is None:
            return [*lines, "No difference is sure, so there is nothing to look for: measure "
                            "longer, with --within, or another row."]
        if not journal.finished:
            return [*lines, f"Left, of {len(journal.candidates)}: {'; '.join(journal.left)}."]
        return [*lines, self._found(), *self._explained()]

    def _found(self) -> str:
        journal, which = self.journal, _WHICH[self.journal.kind]
        if len(journal.left) == 1:
            return f"The {which} that makes it: {journal.left[0]}."
        if journal.kind == "commits":
            return f"One of {len(journal.left)} commits makes it: {'; '.join(journal.left)}."
        return f"It takes {len(journal.left)} {which}s together: {', '.join(journal.left)}."

    def _explained(self) -> list[str]:
        """How much of the whole difference it is, and what all others make."""
        lines = []
        for step in self.journal.of(EFFECT):
            name = self._name(step)
            if step.comparison is None:
                lines.append(f"{name}: {step.why}.")
                continue
            share = f", {self.part(step)} of the whole difference" \
                if step is self.journal.explained else ""
            lines.append(f"{name}: {pair_words.effect(step.comparison, '')}{share}.")
        return lines

    def _name(self, step: Step) -> str:
        if self.journal.kind == "commits":
            return f"{step.what} against {step.a}"
        others = "the others, " if step is self.journal.rest else ""
        return f"Only {others}{step.what}"

    def part(self, step: Step) -> str:
        """The share of the whole difference, as 96 %."""
        share = self.journal.sought.explained(step.comparison)
        return ("-" if share < 0 else "") + percent(share)

    def _summary(self) -> str:
        lines = [f"# {self.about['command']}", ""]
        for line in self.sentences():
            lines += [line, ""]
        lines += [*markdown.bullets(self.journal.notes), ""]
        lines += markdown.doubts(self.about)
        if self.journal.sought:
            lines += [f"Threshold: {percent(self.journal.sought.threshold)}. "
                      f"{len(self.journal.candidates)} candidates: "
                      f"{'; '.join(self.journal.candidates)}.", ""]
        if self.journal.steps:
            lines += section("Steps", markdown.table(steps(self.journal)), LEGEND)
        return "\n".join(lines)

    def _json(self) -> dict[str, Any]:
        journal = self.journal
        explained = journal.explained
        share = journal.sought.explained(explained.comparison) \
            if explained and explained.comparison else None
        return {
            "kind": journal.kind, "row": self.row.title, "a": self.a, "b": self.b,
            "measure": journal.total.measure.name if journal.total else None,
            "finished": journal.finished, "total": _numbers(journal.total),
            "threshold": journal.sought.threshold if journal.sought else None,
            "candidates": journal.candidates, "left": journal.left, "explained": share,
            "notes": journal.notes,
            "steps": [{"step": one.number, "purpose": one.purpose, "a": one.a, "b": one.b,
                       "what": one.what, "answer": one.answer, "why": one.why,
                       **(_numbers(one.comparison) or {})} for one in journal.steps],
        }


def csv(journal: Journal) -> str:
    """bisect.csv: a line for each step; `effect` is B over A, with its interval."""
    return csv_file.text(_COLUMNS, (
        [one.number, one.purpose, one.a, one.b, one.what, one.answer,
         *_cells(one.comparison), one.why] for one in journal.steps))


def _cells(one: Comparison | None) -> list[object]:
    if one is None:
        return [""] * 4
    return [*csv_file.numbers((one.effect.value, *csv_file.ends(one.effect)), 6), one.rounds]


def _numbers(one: Comparison | None) -> dict[str, Any] | None:
    """For JSON, which has no infinity."""
    if one is None:
        return None
    low, high = (value if value is not None and math.isfinite(value) else None
                 for value in csv_file.ends(one.effect))
    return {"effect": one.effect.value, "low": low, "high": high, "rounds": one.rounds,
            "verdict": one.verdict}


def steps(journal: Journal) -> Table:
    """A line for each step."""
    return Table(("step", "for", "what", "B / A", "95 % interval", "rounds", "answer"), [
        Line([str(one.number), one.purpose, f"{one.what} ({one.why})" if one.why else one.what,
              f"{one.comparison.effect.value:.3f}" if one.comparison else "",
              interval(one.comparison.effect) if one.comparison else "",
              str(one.comparison.rounds) if one.comparison else "", one.answer],
             _LOOKS.get(one.answer, "") if one.purpose == SEARCH else "")
        for one in journal.steps], left=(0, 1, 2, 6), folds=(2,))
