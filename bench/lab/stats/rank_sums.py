"""How far the values of one sample lie above those of another; the two are no pairs.

Estimate: the median of all differences (J. Hodges, E. Lehmann).  Test: of H. Mann and D. Whitney,
whose statistic is the number of differences on one side.  Interval: what the test does not reject
(Hollander, Wolfe, Chicken, chapter 4).  Ties count against rejection.
"""

import functools
import math

import numpy as np
from scipy import special

LEAST = 3  # values of each sample
EXACT = 4000  # up to so many differences the distribution is exact, above it is normal


@functools.lru_cache(maxsize=256)
def _below(n: int, m: int) -> np.ndarray:
    """P(U <= u) for u = 0, 1, ..., n m: the coefficients of the Gaussian binomial."""
    ways = np.zeros(n * m + 1)
    ways[0] = 1.0
    for i in range(1, n + 1):
        step = m + i
        ways[step:] -= ways[:-step].copy() if step <= n * m else 0
        for u in range(i, n * m + 1):
            ways[u] += ways[u - i]
        ways /= ways.sum() or 1.0
    return np.cumsum(ways / ways.sum())


def _cut(chance: float, n: int, m: int) -> int:
    """The largest u with P(U <= u) <= chance; -1 if there is none."""
    if n * m <= EXACT:
        return int(np.searchsorted(_below(n, m), chance * (1 + 1e-12), side="right")) - 1
    mean, spread = n * m / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.floor(mean + spread * special.ndtri(chance) - 0.5)


def _chance_of_at_most(u: int, n: int, m: int) -> float:
    if n * m <= EXACT:
        return float(_below(n, m)[min(u, n * m)])
    mean, spread = n * m / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return float(special.ndtr((u + 0.5 - mean) / spread))


class RankSums:
    """Of `second` above `first`; neither is empty."""

    def __init__(self, first, second):
        self.n, self.m = len(first), len(second)
        self._differences = np.sort(np.subtract.outer(
            np.asarray(second, dtype=float), np.asarray(first, dtype=float)).ravel())

    @property
    def centre(self) -> float:
        """The estimate of the shift."""
        return float(np.median(self._differences))

    @property
    def least_p(self) -> float:
        """The smallest two-sided p that so many values can have."""
        return least_p(self.n, self.m)

    def interval(self, alpha: float) -> tuple[float, float]:
        """All shifts that the test does not reject at the two-sided level `alpha`; infinite with
        too few values for that level."""
        cut = _cut(alpha / 2, self.n, self.m)
        if cut < 0:
            return -math.inf, math.inf
        cut = min(cut, (len(self._differences) - 1) // 2)
        return float(self._differences[cut]), float(self._differences[-1 - cut])

    def p_above(self, shift: float) -> float:
        """The chance of such samples if the true shift is at most `shift`."""
        return _chance_of_at_most(
            int(np.searchsorted(self._differences, shift, side="right")), self.n, self.m)

    def p_below(self, shift: float) -> float:
        """The chance of such samples if the true shift is at least `shift`."""
        return _chance_of_at_most(len(self._differences) - int(
            np.searchsorted(self._differences, shift, side="left")), self.n, self.m)

    def p_outside(self, low: float, high: float) -> float:
        """As SignedRanks.p_outside."""
        return min(1.0, 2 * min(self.p_above(high), self.p_below(low)))

    def p_inside(self, low: float, high: float) -> float:
        """As SignedRanks.p_inside."""
        return max(self.p_above(low), self.p_below(high))


def least_p(n: int, m: int) -> float:
    """The smallest two-sided p that n values and m others can have: all of one above all of the
    other.  One or two values do not tell how much they vary: they can have none."""
    return min(1.0, 2 / math.comb(n + m, n)) if min(n, m) >= LEAST else 1.0
