"""What a measurement of variants against one of them shows: each of them against it in every
measure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.lab.judge import compare, outliers
from bench.lab.judge.cells import Cells
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import EXPLORED, PRIMARY, SPEED, TIME, Measure
from bench.lab.judge.outliers import Outliers
from bench.lab.judge.tally import Tally, tally
from bench.lab.run.runs import Runs
from bench.lab.select.question import Question
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Outcome:
    """All measures of B against A, and what they come to."""

    a: Variant
    b: Variant
    rows: dict[Measure, list[Comparison]]  # no measure without rows

    @property
    def tallies(self) -> list[Tally]:
        """One for each measure that there are numbers for."""
        return [tally(rows) for rows in self.rows.values()]

    @property
    def primary(self) -> list[Comparison]:
        """The comparisons that the measurement was made for."""
        return [one for measure in PRIMARY for one in self.rows.get(measure, [])]

    @property
    def differs(self) -> bool:
        """Whether anything is surely better or worse, in any primary measure."""
        return any(one.verdict in ("better", "worse") for one in self.primary)

    @property
    def same(self) -> bool:
        """Whether all rows are the same in all primary measures."""
        return bool(self.primary) and all(one.verdict == "same" for one in self.primary)

    @property
    def lead(self) -> Measure | None:
        """The measure that the verdict begins with."""
        return next((measure for measure in (SPEED, TIME) if measure in self.rows), None)


@dataclass(frozen=True)
class Pairs:
    """A is the first variant of the runs; there is an outcome for each of the others."""

    cells: Cells
    outcomes: list[Outcome]
    outliers: Outliers
    question: Question

    @property
    def a(self) -> Variant:
        """With which all outcomes compare."""
        return self.cells.variants[0]


def judge(runs: Runs, question: Question = Question(),
          shares: Mapping[str, float] | None = None) -> Pairs:
    """Each of the other variants against the first; the arguments are those of compare.judge."""
    a, *others = runs.variants
    found = {measure: rows for family in (PRIMARY, EXPLORED)
             for measure, rows in compare.compare(runs, a, others, family, question, shares).items()}
    outcomes = [Outcome(a, b, {measure: rows[i] for measure, rows in found.items() if rows[i]})
                for i, b in enumerate(others)]
    cells = Cells(runs)
    return Pairs(cells, outcomes, outliers.find(cells), question)
