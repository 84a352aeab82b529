"""Several measurements of the same thing as one: other days, boots, machines.

Each occasion has a true value of its own, drawn around a common one: a random-effects model.  So
the independent values are the occasions, as layouts are within one (units.py), and the interval of
the common value is Student's of their estimates.  They count alike: weights by their errors would be
no better known than errors from a few rounds are, and an interval with such weights is too narrow
where noise has heavy tails.  That some occasions are more exact than others makes Student's interval
no narrower than it should be (Y. Benjamini, "Is the t Test Really Conservative When the Parent
Distribution Is Long-Tailed?", 1983).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from bench.lab.stats.estimate import LEVEL


@dataclass(frozen=True)
class Joined:
    """The common value, of k occasions."""

    centre: float
    error: float  # standard error
    between: float  # standard deviation between occasions
    occasions: int

    @property
    def freedom(self) -> int:
        """Degrees of freedom of Student's distribution."""
        return self.occasions - 1

    @property
    def least_p(self) -> float:
        """The smallest p that so many occasions can have."""
        return 0.0 if self.freedom else 1.0

    def interval(self, alpha: float = 1 - LEVEL) -> tuple[float, float]:
        """The two-sided interval; infinite for a single occasion."""
        if self.freedom < 1:
            return -math.inf, math.inf
        half = special.stdtrit(self.freedom, 1 - alpha / 2) * self.error
        return self.centre - half, self.centre + half

    def p_above(self, centre: float) -> float:
        """The chance of such occasions if the common value is at most `centre`."""
        if self.freedom < 1:
            return 1.0
        if self.error == 0:
            return 0.0 if self.centre > centre else 1.0
        return float(special.stdtr(self.freedom, (centre - self.centre) / self.error))

    def p_below(self, centre: float) -> float:
        """The chance of such occasions if the common value is at least `centre`."""
        return Joined(-self.centre, self.error, self.between, self.occasions).p_above(-centre)

    def p_outside(self, low: float, high: float) -> float:
        """As SignedRanks.p_outside."""
        return min(1.0, 2 * min(self.p_above(high), self.p_below(low)))

    def p_inside(self, low: float, high: float) -> float:
        """As SignedRanks.p_inside."""
        return max(self.p_above(low), self.p_below(high))


def error_of(low: float, high: float) -> float:
    """The standard error that a 95 % interval stands for."""
    return (high - low) / (2 * special.ndtri((1 + LEVEL) / 2))


def join(values: list[float], errors: list[float], shared: float = 0.0) -> Joined:
    """The common value of occasions with these values and standard errors, at least one.  Between
    occasions is what their errors do not explain of how far they are apart.

    `shared`: the standard error of what was drawn but once for all of them, such as layouts, in
    which they agree whatever its true value.  Both errors hold a part of the rounds' own noise, so
    their sum is rather too large.
    """
    y, e = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    if len(y) == 1:
        return Joined(values[0], math.hypot(errors[0], shared), 0.0, 1)
    variance = float(y.var(ddof=1))
    return Joined(float(y.mean()), math.hypot(math.sqrt(variance / len(y)), shared),
                  math.sqrt(max(0.0, variance - float((e ** 2).mean()))), len(y))
