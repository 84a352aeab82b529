"""What a comparison of two variants is asked."""

from dataclasses import dataclass

SAME = 0.05  # variants that surely differ by less are the same, if nothing else is asked


@dataclass(frozen=True)
class Question:
    """Shares: 0.01 is 1 %."""

    better_by: float = 0.0  # better and worse: surely by more than this
    same_within: float = SAME  # same: surely by no more than this, either way
    same_first: bool = False  # a difference that is sure and as small as that is "same"
    precision: float | None = None  # half the width that each interval should have, at most

    @property
    def text(self) -> str:
        """For run.json and people."""
        words = [f"better by more than {100 * self.better_by:g} %",
                 f"same within {100 * self.same_within:g} %"]
        if self.precision:
            words = [f"each interval within {100 * self.precision:g} %", *words]
        return "; ".join(words)
