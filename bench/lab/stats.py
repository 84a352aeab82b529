"""Medians and bootstrap intervals (Efron and Tibshirani, "An Introduction to the Bootstrap").

Resampling fewer than five values gives intervals that are far too narrow: with three rounds, a
quarter of all comparisons of a thing with itself would be called a difference.  There the interval
is Student's, of the logarithms; a single value has none and could be anything.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

RESAMPLES = 2000
LEVEL = 0.95
LEAST_RESAMPLED = 5


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Whether the interval does not hold `value`."""
        return not self.low <= value <= self.high


def _interval(samples: np.ndarray) -> tuple[float, float]:
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(samples, [tail, 100 - tail])
    return float(low), float(high)


def _student_interval(values: np.ndarray) -> tuple[float, float]:
    """Of a few values, or their ratios; it holds each of them."""
    n = len(values)
    if n < 2 or not (values > 0).all():
        return 0.0, math.inf
    logs = np.log(values)
    half = special.stdtrit(n - 1, (1 + LEVEL) / 2) * logs.std(ddof=1) / math.sqrt(n)
    return float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half))


def _resampled(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, n, size=(RESAMPLES, n))


def median(values: list[float], seed: int = 0) -> Estimate:
    """Median with its interval; `values` is not empty."""
    data = np.asarray(values, dtype=float)
    if len(data) < LEAST_RESAMPLED:
        return Estimate(float(np.median(data)), *_student_interval(data))
    samples = np.median(data[_resampled(len(data), seed)], axis=1)
    return Estimate(float(np.median(data)), *_interval(samples))


def ratio(a: dict[int, float], b: dict[int, float], seed: int = 0) -> Estimate | None:
    """Median of a over median of b, both by round.

    Rounds are resampled, so that what made a whole round slow stays in both.  None without a
    common round, or where b is 0.
    """
    rounds = sorted(a.keys() & b.keys())
    if not rounds:
        return None
    first = np.array([a[i] for i in rounds], dtype=float)
    second = np.array([b[i] for i in rounds], dtype=float)
    if np.median(second) == 0:
        return None
    value = float(np.median(first) / np.median(second))
    if len(rounds) < LEAST_RESAMPLED:
        with np.errstate(divide="ignore", invalid="ignore"):
            return Estimate(value, *_student_interval(first / second))
    picks = _resampled(len(rounds), seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        samples = np.median(first[picks], axis=1) / np.median(second[picks], axis=1)
    samples = samples[np.isfinite(samples)]
    return Estimate(value, *_interval(samples))


def geometric_mean(values: list[float]) -> float:
    """Of positive numbers, at least one."""
    return math.exp(sum(math.log(value) for value in values) / len(values))
