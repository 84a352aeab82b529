"""Medians and their intervals: resampled (B. Efron, R. Tibshirani, "An Introduction to the
Bootstrap") from nine rounds on, Student's below.

Resampling fewer values gives intervals that are too narrow: with three rounds, a quarter of all
comparisons of a thing with itself would be called a difference, with five to seven 6 to 7 %.
A single value has no interval and could be anything.

Below a least number of runs nothing is called better, worse, met or missed: where even the clearest
outcome, every pair one way, is no sign of a difference to a test that assumes nothing about how
runs vary.  Of pairs that is F. Wilcoxon's of signed ranks ("Individual Comparisons by Ranking
Methods", 1945), of runs that are no pairs H. Mann and D. Whitney's ("On a Test of Whether One of
Two Random Variables Is Stochastically Larger than the Other", 1947).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy import stats as scipy_stats

RESAMPLES = 2000
LEVEL = 0.95
LEAST_RESAMPLED = 9
TOO_FEW = "too few"  # the verdict on fewer runs than a verdict takes
FEW_RUNS = f"{TOO_FEW} runs"  # in place of an interval


def enough_pairs(n: int) -> bool:
    """Whether `n` pairs could show a difference, if all of them point one way.  By chance they do
    so in 2 of 2^n cases."""
    return 2 / 2 ** n <= 1 - LEVEL


def enough_apart(n: int, m: int) -> bool:
    """Whether `n` runs and `m` others, which are no pairs, could show a difference, if all of the
    `n` lie above all of the `m`.  One or two runs do not tell how much runs vary, so they never
    can."""
    return min(n, m) >= LEAST_APART and 2 / math.comb(n + m, n) <= 1 - LEVEL


LEAST_APART = 3
LEAST_PAIRS = next(n for n in range(1, 100) if enough_pairs(n))


def too_few(n: int) -> str:
    """The words that stand in place of a verdict on `n` pairs, or runs of one variant."""
    return f"{TOO_FEW} runs to tell: {n}, and it takes {LEAST_PAIRS}"


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval, which is not shown if it comes from too few runs."""

    value: float
    low: float
    high: float
    enough: bool = True  # runs for a verdict

    def excludes(self, value: float) -> bool:
        """Whether the runs show another number than `value`: the interval does not hold it."""
        return self.enough and not self.low <= value <= self.high


def _student_interval(values: np.ndarray) -> tuple[float, float]:
    """Student's interval of the mean of logarithms; for a few values, or their ratios."""
    n = len(values)
    if n < 2 or not (values > 0).all():
        return 0.0, math.inf
    logs = np.log(values)
    half = special.stdtrit(n - 1, (1 + LEVEL) / 2) * logs.std(ddof=1) / math.sqrt(n)
    return float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half))


def _holding(value: float, interval: tuple[float, float], enough: bool) -> Estimate:
    """The median with an interval around a mean, which is widened if it does not hold the
    median."""
    return Estimate(value, min(value, interval[0]), max(value, interval[1]), enough)


def _resampled(data: tuple[np.ndarray, ...], statistic,
               paired: bool = False) -> tuple[float, float]:
    """The percentile interval of a statistic of rounds, which stay together if they are
    `paired`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = scipy_stats.bootstrap(
            data, statistic, paired=paired, vectorized=True, n_resamples=RESAMPLES,
            confidence_level=LEVEL, method="percentile", random_state=0,
        ).confidence_interval
    return float(low), float(high)


def median(values: list[float]) -> Estimate:
    """Median with its interval; `values` is not empty."""
    data = np.asarray(values, dtype=float)
    value = float(np.median(data))
    if len(data) < LEAST_RESAMPLED:
        return _holding(value, _student_interval(data), enough_pairs(len(data)))
    return Estimate(value, *_resampled((data,), np.median))


def _ratio_of_medians(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.median(a, axis=axis) / np.median(b, axis=axis)


def ratio(a: dict[int, float], b: dict[int, float]) -> Estimate | None:
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
            return _holding(value, _student_interval(first / second), enough_pairs(len(rounds)))
    return Estimate(value, *_resampled((first, second), _ratio_of_medians, paired=True))


def ratio_unpaired(a: list[float], b: list[float]) -> Estimate:
    """Median of a over median of b, whose values are no pairs; neither is empty, all are positive.

    Each is resampled by itself from nine values on; below, B. Welch's interval of the logarithms.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    value = float(np.median(first) / np.median(second))
    if min(len(first), len(second)) < LEAST_RESAMPLED:
        return _holding(value, _welch_interval(np.log(first), np.log(second)),
                        enough_apart(len(first), len(second)))
    return Estimate(value, *_resampled((first, second), _ratio_of_medians))


def _welch_interval(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    if min(len(a), len(b)) < 2:
        return 0.0, math.inf
    parts = [one.var(ddof=1) / len(one) for one in (a, b)]
    middle = a.mean() - b.mean()
    if sum(parts) == 0:
        return math.exp(middle), math.exp(middle)
    freedom = sum(parts) ** 2 / sum(part ** 2 / (len(one) - 1) for part, one in zip(parts, (a, b)))
    half = special.stdtrit(freedom, (1 + LEVEL) / 2) * math.sqrt(sum(parts))
    return float(np.exp(middle - half)), float(np.exp(middle + half))


def p_unpaired(a: list[float], b: list[float]) -> float:
    """The probability of such values if there is no difference: by Mann and Whitney's test; below
    nine values by Welch's test of their logarithms.  1 if `a` or `b` has a single value."""
    if min(len(a), len(b)) < 2:
        return 1.0
    if min(len(a), len(b)) >= LEAST_RESAMPLED:
        return float(scipy_stats.mannwhitneyu(a, b).pvalue)
    if len(set(a)) == len(set(b)) == 1:  # no spread at all
        return 1.0 if a[0] == b[0] else 0.0
    return float(scipy_stats.ttest_ind(np.log(a), np.log(b), equal_var=False).pvalue)
