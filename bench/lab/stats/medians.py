"""The median of a sample, with the interval of the sign test: two of the sorted values (Hollander,
Wolfe, Chicken, chapter 3).  It assumes nothing about the shape of the distribution."""

import numpy as np
from scipy import stats as scipy_stats

from bench.lab.stats.estimate import LEVEL, Estimate
from bench.lab.stats.families import enough


def median(values: list[float]) -> Estimate:
    """Median with its interval; `values` is not empty.  With too few values the interval is all of
    them, and is not `enough`."""
    data = np.sort(np.asarray(values, dtype=float))
    n = len(data)
    value = float(np.median(data))
    if not enough(n):
        return Estimate(value, float(data[0]), float(data[-1]), False)
    # the largest k with P(Binomial(n, 1/2) < k) <= alpha / 2; then [x_k, x_(n+1-k)] holds it
    cut = int(scipy_stats.binom.ppf((1 - LEVEL) / 2, n, 0.5))
    while scipy_stats.binom.cdf(cut - 1, n, 0.5) > (1 - LEVEL) / 2:
        cut -= 1
    return Estimate(value, float(data[cut - 1]), float(data[n - cut]))
