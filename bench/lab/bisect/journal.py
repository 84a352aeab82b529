"""What was measured, and what is left: kept up to date, so that nothing is lost on Ctrl-C."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.lab.bisect.sought import Sought
from bench.lab.judge.compare import Comparison

SEARCH, EFFECT = "search", "effect"  # what a step is for


@dataclass(frozen=True)
class Step:
    """One variant against another one."""

    number: int
    purpose: str
    a: str  # names of the variants
    b: str
    what: str  # for people: in what B differs from A
    answer: str
    comparison: Comparison | None = None  # None: nothing was measured
    why: str = ""  # there is none, or it is as it is


@dataclass
class Journal:
    """One search."""

    kind: str  # "keys" or "commits"
    candidates: list[str]
    sought: Sought | None = None
    total: Comparison | None = None
    steps: list[Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # the candidates that may make the difference
    notes: list[str] = field(default_factory=list)
    explained: Step | None = None  # what all that is left makes
    rest: Step | None = None  # what all else makes
    finished: bool = False
    hear: Callable[[Step], None] = lambda step: None

    def add(self, purpose: str, a: str, b: str, what: str, answer: str,
            comparison: Comparison | None = None, why: str = "") -> Step:
        """One more step."""
        step = Step(len(self.steps) + 1, purpose, a, b, what, answer, comparison, why)
        self.steps.append(step)
        self.hear(step)
        return step

    def note(self, text: str) -> None:
        """A sentence for the report, once."""
        if text not in self.notes:
            self.notes.append(text)

    def of(self, purpose: str) -> Sequence[Step]:
        """The steps with this purpose."""
        return [step for step in self.steps if step.purpose == purpose]
