"""Where the distribution of a series changes: E-divisive (D. Matteson, N. James, "A Nonparametric
Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109, 2014).

A split at t and an end at k cut X = values[0:t] and Y = values[t:k] out of a segment.  They are
compared by their energy distance (G. Szekely, M. Rizzo, 2013), where |X| = a and |Y| = b:

    q(t, k) = ab / (a + b) * (2 mean |x - y|  -  mean |x - x'|  -  mean |y - y'|)

The means are over all pairs, the last two over pairs of different values.  The strongest split of a
series is that of the largest q.  With an end k before that of the segment, a level that comes back
to what it was is found too: over the whole rest, Y would be a mixture that is hardly apart from X.

Whether q is large says a permutation test: where nothing changes, every order of the values is as
likely.  It assumes nothing else, such as a shape of the noise.  Its price is that the two or three
newest values never tell: so few are often the largest ones by chance.  least_side says how many do.
"""

import math
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEAST_DRAWS = 999  # permutations
ENOUGH = 10  # permutations as strong as the series, after which it is nothing special
_BATCH = 1 << 17  # numbers that are worked on at once: they fit a processor's cache
_EQUAL = 1 - 1e-9  # of q: what differs by rounding only is as strong


@dataclass(frozen=True)
class Split:
    """The strongest one, before values[at], and the probability of one so strong by chance."""

    at: int
    p: float


def least_side(n: int, level: float) -> int | None:
    """The least number of values on each side of a split, with which a segment of `n` values can
    show one at that level; None if it cannot.

    If all k values on one side lie above the n - k others, only that order of the two groups, and
    the opposite one, are as strong: 2 of n over k.  A single value is never a level.
    """
    return next((k for k in range(2, n // 2 + 1) if 2 / math.comb(n, k) <= level), None)


def least_values(level: float) -> int:
    """The least length of a series that can show a split at that level."""
    return next(n for n in range(4, 1000) if least_side(n, level))


def strongest(values: np.ndarray, bounds: list[int], level: float) -> Split | None:
    """The strongest split of the segments between the rising `bounds`, the first 0, the last
    len(values).

    The p-value is exact, from random permutations within the segments; it can be half as small as
    `level`.  None if every segment is too short to show anything at that level.
    """
    segments = [(start, values[start:end], side) for start, end in zip(bounds, bounds[1:])
                if (side := least_side(end - start, level))]
    if not segments:
        return None
    most, at = max(_best(start, segment, side) for start, segment, side in segments)
    if most <= 0:  # all values are equal, or as good as that
        return Split(at, 1.0)
    draws = max(LEAST_DRAWS, math.ceil(2 / level))
    return Split(at, _p_value(segments, most * _EQUAL, draws))


def _best(start: int, segment: np.ndarray, side: int) -> tuple[float, int]:
    """The largest q, and where it is in the series."""
    q = _strengths(segment[None, :], side)[0]
    split, _ = np.unravel_index(q.argmax(), q.shape)
    return float(q.max()), start + int(split) + 1


def _p_value(segments: list[tuple[int, np.ndarray, int]], strong: float, draws: int) -> float:
    """The share of permutations that are so strong, the series itself among them.

    J. Besag, P. Clifford, "Sequential Monte Carlo p-values", 1991: no more are drawn once ENOUGH
    are, which is soon if nothing changes.  The values are the seed of the permutations: a series
    has the same p-value each time, and no luck in common with others.
    """
    random = np.random.default_rng(zlib.crc32(b"".join(
        segment.tobytes() for _, segment, _ in segments)))
    batch = max(1, _BATCH // max(len(segment) for _, segment, _ in segments) ** 2)
    found = drawn = 0
    while drawn < draws:
        many = min(batch, draws - drawn)
        most = np.max([_strengths(random.permuted(np.tile(segment, (many, 1)), axis=1),
                                  side).max((1, 2)) for _, segment, side in segments], axis=0)
        hits = np.flatnonzero(most >= strong)
        if found + len(hits) >= ENOUGH:
            return ENOUGH / (drawn + int(hits[ENOUGH - found - 1]) + 1)
        found += len(hits)
        drawn += many
    return (found + 1) / (draws + 1)


def _strengths(values: np.ndarray, side: int) -> np.ndarray:
    """q of each of several series of one length, [series, t - 1, k - 1]; 0 where a side is short.

    Sums over X, Y and between them come from sums of all distances up to t and up to k.
    """
    upto = np.abs(values[:, :, None] - values[:, None, :])
    np.cumsum(upto, axis=2, out=upto)
    np.cumsum(upto, axis=1, out=upto)
    within = np.einsum("rii->ri", upto).copy()
    of_both, of_split, of_end = _weights(values.shape[1], side)
    upto *= of_both
    upto += of_split * within[:, :, None]
    upto += of_end * within[:, None, :]
    return upto


@lru_cache(maxsize=64)
def _weights(n: int, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the sums of distances up to (t, k), (t, t) and (k, k) count for in q(t, k)."""
    t, k = np.ogrid[1:n + 1, 1:n + 1]
    valid = (t >= side) & (k - t >= side)
    a = np.where(valid, t, 2.0)
    b = np.where(valid, k - t, 2.0)
    between, first, second = 2 / (a + b), b / ((a + b) * (a - 1)), a / ((a + b) * (b - 1))
    return (np.where(valid, between + 2 * second, 0), np.where(valid, -between - first - second, 0),
            np.where(valid, -second, 0))
