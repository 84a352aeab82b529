"""How often something happened, of so many times."""

from scipy import stats as scipy_stats

from bench.lab.stats.estimate import LEVEL, Estimate


def share(count: int, of: int) -> Estimate:
    """The share with its exact interval (C. Clopper, E. Pearson, 1934); `of` is at least 1."""
    interval = scipy_stats.binomtest(count, of).proportion_ci(LEVEL)
    return Estimate(count / of, float(interval.low), float(interval.high))
