"""Medians and bootstrap intervals (Efron and Tibshirani, "An Introduction to the Bootstrap")."""

import math
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95


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


def _resampled(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, n, size=(RESAMPLES, n))


def median(values: list[float], seed: int = 0) -> Estimate:
    """Median with its percentile interval; `values` is not empty."""
    data = np.asarray(values, dtype=float)
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
    picks = _resampled(len(rounds), seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        samples = np.median(first[picks], axis=1) / np.median(second[picks], axis=1)
    samples = samples[np.isfinite(samples)]
    return Estimate(float(np.median(first) / np.median(second)), *_interval(samples))


def geometric_mean(values: list[float]) -> float:
    """Of positive numbers, at least one."""
    return math.exp(sum(math.log(value) for value in values) / len(values))
