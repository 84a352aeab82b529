"""In which rows the default profile is surely faster than every peer, in which one of them is surely
faster, and what may explain that.

All rows, and all peers in them, are one family (Holm): no peer is picked first and tested with
the runs that it was picked by.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.judge import paired
from bench.lab.judge.cells import Cells
from bench.lab.judge.measures import lead
from bench.lab.run.runs import Run
from bench.lab.select.row import Row
from bench.lab.stats import families
from bench.lab.stats.estimate import FAMILY, Estimate
from bench.lab.stats.signed_ranks import SignedRanks

STANDS_OUT = 1.25  # times the best peer's
# What may explain a row, with its unit and how it is written; below 0 if a run does not say.
_CAUSES: tuple[tuple[str, Callable[[Run], float], float, str], ...] = (
    ("system time", lambda run: 100 * run.sys_s / (run.user_s + run.sys_s)
     if run.user_s + run.sys_s > 0 else 0, 5, "{:.0f} % of its time"),
    ("page faults", lambda run: 1000 * run.minor_faults / run.ops if run.ops else 0, 1,
     "{:.3g} in a thousand operations"),
    ("peak RSS", lambda run: run.peak_rss_kib / 1024, 4, "{:.1f} MiB"),
    ("latency p99.9", lambda run: run.p999_ns or -1, 1, "{:.0f} ns"),
)


@dataclass(frozen=True)
class Cause:
    """A quantity of which the default profile has clearly more than the peer, as text with
    units."""

    name: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Standing:
    """The default profile against one peer in one row; `ratio` is above 1 where it is faster."""

    row: Row
    peer: str
    ratio: Estimate
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Strengths:
    """strong: surely faster than every peer, against the nearest of them, the clearest first;
    weak: a peer is surely faster, the worst first, with what may explain it."""

    strong: list[Standing]
    weak: list[Standing]
    cells: int  # rows that can be compared with a peer
    too_few: int  # of them: runs too few to tell


def judge(cells: Cells) -> Strengths | None:
    """None without the default profile and a peer."""
    mine = next((v for v in cells.variants if v.is_default), None)
    found = {row: peers for row in cells.rows
             if mine and (peers := _against_peers(cells, row, mine.name))}
    if not found:
        return None
    faster = families.holm([max(one.p_above(0) for one in peers.values())
                            for peers in found.values()])
    strong = [row for row, p in zip(found, faster) if p <= FAMILY]
    pairs = [(row, peer) for row, peers in found.items() for peer in peers]
    slower = families.holm([found[row][peer].p_below(0) for row, peer in pairs])
    weak: dict[Row, list[str]] = {}
    for (row, peer), p in zip(pairs, slower):
        if p <= FAMILY:
            weak.setdefault(row, []).append(peer)

    def standing(row: Row, among: list[str], causes: bool = False) -> Standing:
        peer = min(among, key=lambda name: found[row][name].centre)
        return Standing(row, peer, paired.estimate(found[row][peer]),
                        tuple(_causes(cells, row, mine.name, peer)) if causes else ())

    return Strengths(
        sorted((standing(row, list(found[row])) for row in strong),
               key=lambda one: -one.ratio.value),
        sorted((standing(row, peers, True) for row, peers in weak.items()),
               key=lambda one: one.ratio.value),
        len(found), sum(len(found) * min(one.least_p for one in peers.values()) / 2 > FAMILY
                        for peers in found.values()))


def _against_peers(cells: Cells, row: Row, mine: str) -> dict[str, SignedRanks]:
    """Peer -> how much faster the default profile is, on the scale of ratios."""
    measure, names = lead(row), [v.name for v in cells.variants if v.is_peer]
    found = {}
    for name in names:
        pair = (cells.runs.of(row, mine), cells.runs.of(row, name))
        one = paired.evidence(measure.of, *(pair if measure.more_is_better else pair[::-1]))
        if one:
            found[name] = one
    return found


def _causes(cells: Cells, row: Row, mine: str, peer: str) -> list[Cause]:
    found = []
    for name, of, least, unit in _CAUSES:
        ours, theirs = (statistics.median(of(run) for run in cells.runs.of(row, one).values())
                        for one in (mine, peer))
        if ours > least and theirs >= 0 and ours > STANDS_OUT * theirs:
            found.append(Cause(name, unit.format(ours), unit.format(theirs)))
    return found
