"""What a measurement of variants against one of them shows: each of them against it in every
measure."""

from dataclasses import dataclass

from bench.lab.judge import compare, outliers
from bench.lab.judge.cells import Cells
from bench.lab.judge.compare import Comparison, Tally
from bench.lab.judge.measures import MEASURES, SPEED, TIME, Measure
from bench.lab.judge.outliers import Outliers
from bench.lab.run.runs import Runs
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
        return [compare.tally(rows) for rows in self.rows.values()]

    @property
    def found(self) -> bool:
        """Whether anything is surely better or worse, in any measure."""
        return any(one.better or one.worse for one in self.tallies)

    @property
    def told(self) -> bool:
        """Whether any row has enough runs to tell."""
        return any(one.ratio.enough for rows in self.rows.values() for one in rows)

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

    @property
    def a(self) -> Variant:
        """With which all outcomes compare."""
        return self.cells.variants[0]


def judge(runs: Runs) -> Pairs:
    """Each of the other variants against the first."""
    a, *others = runs.variants
    found = {measure: compare.compare(runs, a, others, measure) for measure in MEASURES}
    outcomes = [Outcome(a, b, {measure: rows[i] for measure, rows in found.items() if rows[i]})
                for i, b in enumerate(others)]
    cells = Cells(runs)
    return Pairs(cells, outcomes, outliers.find(cells))
