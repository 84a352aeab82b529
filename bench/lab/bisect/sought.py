"""The difference that is sought, and whether a step has it."""

import math
from dataclasses import dataclass

from bench.lab.judge.compare import Comparison
from bench.lab.select.question import Question

YES, NO, UNCLEAR, BROKEN = "yes", "no", "not clear", "does not work"  # answers
PART = 0.5  # of the whole difference: a step has it if it surely makes more than this
FINE = 8  # effects are measured to this part of the whole difference, at the end


class Broken(Exception):
    """What a step is about cannot be built, or does not run; the message says why."""


@dataclass(frozen=True)
class Sought:
    """B differs from A in this measure."""

    total: Comparison  # B against A
    threshold: float  # share of A: more than this, in the same direction, is the difference

    @property
    def question(self) -> Question:
        """What each step of the search is asked."""
        return Question(better_by=self.threshold, same_within=self.threshold)

    @property
    def fine(self) -> Question:
        """What is asked where the number itself is of interest."""
        return Question(precision=max(size(self.total) / FINE, 0.001))

    def answer(self, one: Comparison) -> str:
        """Whether a step has it: YES, NO or UNCLEAR."""
        if one.verdict in ("better", "worse"):
            return YES if one.verdict == self.total.verdict else NO
        return NO if one.verdict == "same" else UNCLEAR

    def explained(self, one: Comparison) -> float:
        """The share of the whole difference that a step makes, on the scale of the measure."""
        whole, part = self.total.inner, one.inner
        return part / whole if whole else math.nan


def sought(total: Comparison, better_by: float | None) -> Sought | None:
    """The difference between A and B; None if they do not surely differ.  `better_by` is the least
    share that is a difference, None: PART of what there is."""
    if total.verdict not in ("better", "worse"):
        return None
    return Sought(total, better_by if better_by is not None else size(total, PART))


def size(one: Comparison, part: float = 1.0) -> float:
    """A part of the effect as a share of A, without a sign."""
    return one.scale.share(abs(one.inner) * part, one.a)

