"""Several measurements of the same thing as one: other days, boots, machines.

Each occasion has a true value of its own, drawn around a common one: a random-effects model.  The
spread between occasions is R. Paule and J. Mandel's (1982), the interval of the common value
J. Hartung and G. Knapp's (2001) with Student's distribution, never narrower than if there were no
spread (C. Roever, G. Knapp, T. Friede, 2015).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

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


def join(values: list[float], errors: list[float]) -> Joined:
    """The common value of occasions with these values and standard errors, at least one.  An error
    of 0 (all rounds alike) counts as the smallest that is not 0."""
    y, e = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    least = e[e > 0].min() if (e > 0).any() else 0.0
    if least == 0:  # nothing but the spread between occasions
        spread = float(y.std(ddof=1)) if len(y) > 1 else 0.0
        return Joined(float(y.mean()), spread / math.sqrt(len(y)), spread, len(y))
    variance = np.maximum(e, least) ** 2
    tau2 = _between(y, variance)
    weights = 1 / (variance + tau2)
    middle = float((weights * y).sum() / weights.sum())
    scale = 1.0
    if len(y) > 1:
        scale = max(1.0, float((weights * (y - middle) ** 2).sum()) / (len(y) - 1))
    return Joined(middle, math.sqrt(scale / weights.sum()), math.sqrt(tau2), len(y))


def _between(y: np.ndarray, variance: np.ndarray) -> float:
    """The variance between occasions with which the weighted squares are as large as expected."""
    if len(y) < 2:
        return 0.0

    def excess(tau2: float) -> float:
        weights = 1 / (variance + tau2)
        middle = (weights * y).sum() / weights.sum()
        return float((weights * (y - middle) ** 2).sum()) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    most = float(((y - y.mean()) ** 2).sum()) + 1e-12
    while excess(most) > 0:
        most *= 2
    return float(optimize.brentq(excess, 0.0, most))
