"""A number with its interval, and how sure the laboratory's verdicts are."""

from dataclasses import dataclass

LEVEL = 0.95  # of each interval that is shown
FAMILY = 0.01  # all verdicts of a family together: how often one of them is wrong by chance
POWER = 0.8  # a difference that measurements "would show" is one that they show this often
TOO_FEW = "too few"  # the verdict on fewer runs than a verdict takes
FEW_RUNS = f"{TOO_FEW} runs"  # in place of an interval


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval, which is not shown if it comes from too few runs."""

    value: float
    low: float
    high: float
    enough: bool = True  # runs for an interval

    def excludes(self, value: float) -> bool:
        """Whether the runs show another number than `value`: the interval does not hold it."""
        return self.enough and not self.low <= value <= self.high
