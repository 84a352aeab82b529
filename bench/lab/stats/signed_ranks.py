"""The centre of independent values, such as differences of pairs, that vary alike to both sides.

Estimate: J. Hodges and E. Lehmann's, the median of all means of two values (Walsh averages).
Test: F. Wilcoxon's of signed ranks; its statistic is the number of Walsh averages on one side.
Interval: what the test does not reject, so the two never disagree (M. Hollander, D. Wolfe,
E. Chicken, "Nonparametric Statistical Methods", 3rd ed., chapter 3).  Walsh averages equal to the
tested centre count against rejection: with ties and zeros the test is conservative.
"""

import functools
import math

import numpy as np
from scipy import special

from bench.lab.stats import families

EXACT = 200  # up to so many values the distribution is exact, above it is normal


@functools.lru_cache(maxsize=512)
def _below(n: int) -> np.ndarray:
    """P(T <= t) for t = 0, 1, ...: T is the sum of those of the ranks 1..n that n coins choose."""
    chance = np.zeros(n * (n + 1) // 2 + 1)
    chance[0] = 1.0
    for rank in range(1, n + 1):
        chance[rank:] = (chance[rank:] + chance[:-rank]) / 2
        chance[:rank] /= 2
    return np.cumsum(chance)


def chance_of_at_most(t: int, n: int) -> float:
    """P(T <= t) of the signed-rank statistic of n values whose centre is the tested one."""
    if t < 0:
        return 0.0
    if n <= EXACT:
        table = _below(n)
        return float(table[min(t, len(table) - 1)])
    mean, spread = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return float(special.ndtr((t + 0.5 - mean) / spread))


def _most_with(chance: float, n: int) -> int:
    """The largest t with P(T <= t) <= chance; -1 if there is none."""
    if n <= EXACT:
        return int(np.searchsorted(_below(n), chance * (1 + 1e-12), side="right")) - 1
    mean, spread = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return math.floor(mean + spread * special.ndtri(chance) - 0.5)


@functools.lru_cache(maxsize=32)
def _both(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices of all two of n values, each with itself too."""
    return np.triu_indices(n)


class SignedRanks:
    """At least one value; the order does not matter."""

    def __init__(self, values):
        data = np.sort(np.asarray(values, dtype=float))
        self.n = len(data)
        first, second = _both(self.n)
        self._walsh = np.sort((data[first] + data[second]) / 2)

    @property
    def centre(self) -> float:
        """The estimate."""
        return float(np.median(self._walsh))

    @property
    def least_p(self) -> float:
        """The smallest two-sided p that so many values can have."""
        return families.least_p(self.n)

    def interval(self, alpha: float) -> tuple[float, float]:
        """All centres that the test does not reject at the two-sided level `alpha`; infinite with
        too few values for that level."""
        cut = _most_with(alpha / 2, self.n)
        if cut < 0:
            return -math.inf, math.inf
        cut = min(cut, (len(self._walsh) - 1) // 2)
        return float(self._walsh[cut]), float(self._walsh[-1 - cut])

    def p_above(self, centre: float) -> float:
        """The chance of such values if the true centre is at most `centre`."""
        return chance_of_at_most(int(np.searchsorted(self._walsh, centre, side="right")), self.n)

    def p_below(self, centre: float) -> float:
        """The chance of such values if the true centre is at least `centre`."""
        return chance_of_at_most(
            len(self._walsh) - int(np.searchsorted(self._walsh, centre, side="left")), self.n)

    def p_outside(self, low: float, high: float) -> float:
        """Of the test that the centre lies outside of [low, high]; two-sided where they are one."""
        return min(1.0, 2 * min(self.p_above(high), self.p_below(low)))

    def p_inside(self, low: float, high: float) -> float:
        """Of the test that the centre lies inside: two one-sided tests, both of which must reject
        (D. Schuirmann, 1987)."""
        return max(self.p_above(low), self.p_below(high))
