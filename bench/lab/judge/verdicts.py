"""What follows from a table of many variants: the bars, the targets, the changes since earlier."""

from dataclasses import dataclass

from bench.lab.judge import bars, regress, targets
from bench.lab.judge.analysis import Table
from bench.lab.judge.bars import Bar
from bench.lab.judge.regress import Change
from bench.lab.judge.targets import Target
from bench.lab.run.earlier import Earlier


@dataclass(frozen=True)
class Verdicts:
    """`earlier` and `changes` are None without an earlier measurement."""

    bars: list[Bar]
    targets: list[Target]
    earlier: Earlier | None
    changes: list[Change] | None
    words: list[str]  # on the changes
    doubts: list[str]  # about all of it

    @property
    def regressed(self) -> bool:
        """Whether a variant of hakmem's surely got worse by a tenth or more."""
        return bool(regress.regressions(self.changes or []))

    @property
    def untold(self) -> str | None:
        """Why that cannot be said; None if it can."""
        return regress.untold(self.changes or [])


def judge(table: Table, about: dict, earlier: Earlier | None = None) -> Verdicts:
    """All verdicts; `about` is the content of run.json."""
    changes = regress.compare(table, earlier) if earlier else None
    words = regress.words(changes, earlier, about["machine"]) if earlier else []
    return Verdicts(bars.judge(table), targets.judge(table, changes), earlier, changes, words,
                    about["doubts"])
