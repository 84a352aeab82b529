"""Runs of two variants, round by round: what their pairs show on a scale."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from bench.lab.judge.scale import DIFFERENCE, RATIO, Scale
from bench.lab.run.runs import Run
from bench.lab.stats import families, units
from bench.lab.stats.estimate import LEVEL, Estimate
from bench.lab.stats.signed_ranks import SignedRanks

Rounds = Mapping[int, Run]


def layouts(*variants: Rounds) -> dict[int, tuple[int, ...]]:
    """Round -> the layouts of its runs, for common rounds in which at least one was drawn."""
    found = {}
    for number in set.intersection(*(set(one) for one in variants)):
        drawn = tuple(one[number].layout for one in variants)
        if max(drawn) >= 0:
            found[number] = drawn
    return found


def evidence(of: Callable[[Run], float], b: Rounds, a: Rounds,
             how: Scale = RATIO) -> SignedRanks | None:
    """B against A, on the scale; None without a common round, and for the ratio to a zero."""
    rounds = sorted(a.keys() & b.keys())
    pairs = {i: (of(a[i]), of(b[i])) for i in rounds}
    if not rounds or how is RATIO and min(map(min, pairs.values())) <= 0:
        return None
    return SignedRanks(units.values({i: how.inner(*pair) for i, pair in pairs.items()},
                                    layouts(a, b)))


def shared_layouts(of: Callable[[Run], float], occasions: Sequence[tuple[Rounds, Rounds]],
                   how: Scale = RATIO) -> SignedRanks | None:
    """B against A, each layout one value from all occasions, which are pairs of B and A; None if no
    layout was drawn on two of them, so that they share nothing."""
    found: dict[tuple[int, ...], list[float]] = {}
    occasions_of: dict[tuple[int, ...], set[int]] = {}
    for number, (b, a) in enumerate(occasions):
        for rep, drawn in layouts(a, b).items():
            found.setdefault(drawn, []).append(how.inner(of(a[rep]), of(b[rep])))
            occasions_of.setdefault(drawn, set()).add(number)
    if max(map(len, occasions_of.values()), default=0) < 2:
        return None
    return SignedRanks([statistics.median(values) for values in found.values()])


def estimate(found: SignedRanks | None, how: Scale = RATIO) -> Estimate | None:
    """The effect as it is shown, with its 95 % interval."""
    if found is None:
        return None
    low, high = found.interval(1 - LEVEL)
    enough = families.enough(found.n)
    return Estimate(how.shown(found.centre), how.shown(low), how.shown(high), enough)


def ratio(of: Callable[[Run], float], b: Rounds, a: Rounds) -> Estimate | None:
    """B over A."""
    return estimate(evidence(of, b, a))


def difference(of: Callable[[Run], float], b: Rounds, a: Rounds) -> Estimate | None:
    """B less A, in the unit of the numbers."""
    return estimate(evidence(of, b, a, DIFFERENCE), DIFFERENCE)
