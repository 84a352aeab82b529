"""What a measurement of many variants shows: cells, bars, targets, strengths, changes since
earlier."""

from dataclasses import dataclass

from bench.lab.judge import bars, outliers, project_targets, regress, strengths
from bench.lab.judge.bars import Bar
from bench.lab.judge.cells import Cells
from bench.lab.judge.outliers import Outliers
from bench.lab.judge.project_targets import Target
from bench.lab.judge.regress import Change
from bench.lab.judge.strengths import Strengths
from bench.lab.run.earlier import Earlier
from bench.lab.run.runs import Runs


@dataclass(frozen=True)
class Matrix:
    """`earlier` and `changes` are None without an earlier measurement."""

    cells: Cells
    bars: list[Bar]
    targets: list[Target]
    strengths: Strengths | None
    outliers: Outliers
    earlier: Earlier | None
    changes: list[Change] | None

    @property
    def regressed(self) -> bool:
        """Whether a variant of hakmem's surely got worse by a tenth or more."""
        return bool(regress.regressions(self.changes or []))

    @property
    def untold(self) -> str | None:
        """Why that cannot be said; None if it can."""
        return regress.untold(self.changes or [])


def judge(runs: Runs, earlier: Earlier | None = None) -> Matrix:
    """All that can be said of the runs."""
    cells = Cells(runs)
    changes = regress.compare(runs, earlier) if earlier else None
    return Matrix(cells, bars.judge(cells), project_targets.judge(cells, changes),
                  strengths.judge(cells), outliers.find(cells), earlier, changes)
