"""The two ways to compare a number of B with that of A: by their ratio, or, where a zero has no
ratio, by their difference."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How two numbers become one, in which no difference is 0."""

    name: str
    neutral: float  # of what is shown, where A and B are alike
    inner: Callable[[float, float], float]  # of A and of B
    shown: Callable[[float], float]
    _margin: Callable[[float, float], float]

    def margin(self, share: float, a: float) -> float:
        """The inner value of a change of A by this share."""
        return self._margin(share, a)

    def share(self, inner: float, a: float) -> float:
        """By which share of A the inner value changes it: 0.03 for 3 % more."""
        if self.neutral:
            return math.expm1(inner) if inner < 700 else math.inf
        return inner / a if a else math.inf if inner else 0.0


def _exp(inner: float) -> float:
    return math.exp(inner) if inner < 700 else math.inf


RATIO = Scale("ratio", 1.0, lambda a, b: math.log(b / a), _exp,
              lambda share, _: math.log1p(share))
DIFFERENCE = Scale("difference", 0.0, lambda a, b: b - a, lambda inner: inner,
                   lambda share, a: share * abs(a))


def of(values) -> Scale:
    """The scale for these values: the ratio if all are above 0."""
    return RATIO if min(values) > 0 else DIFFERENCE
