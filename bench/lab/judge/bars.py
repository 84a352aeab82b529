"""The bars: what is asked of the profile `default` in each row, and whether its runs show it.

    speed   its speed is at least Row.bar times that of every peer
    floor   its speed is at least Row.floor_bar times that of the reference `floor`
    memory  its peak RSS is at most the leanest peer's and 3 MiB if it is below 16 MiB, otherwise
            at most the fastest peer's and at most 1.25 times the leanest's
    idle    at most Row.idle_bar of its peak is resident at the end

A bar is met if a one-sided test at 5 % says so, missed if one says the contrary, and otherwise
undecided: chance alone makes a "met" or a "missed" of at most one in twenty.  To be met against
each of several peers needs no correction, to be missed against one of them does (Bonferroni).
"""

import math
import statistics
from dataclasses import dataclass

from bench.lab.judge import paired
from bench.lab.judge.cells import Cells
from bench.lab.judge.measures import SPEED
from bench.lab.run.runs import Run
from bench.lab.select.row import Row
from bench.lab.stats import families
from bench.lab.stats.estimate import LEVEL, TOO_FEW, Estimate
from bench.lab.stats.signed_ranks import SignedRanks

MET, MISSED, UNDECIDED, LOST = "met", "missed", "undecided", "lost runs"
SMALL_KIB = 16 << 10
SLACK_KIB = 3 << 10
SHARE = 1.25
_ONE_KIB_LESS = 0.5  # peaks are whole KiB: that much above what is asked is not above it


@dataclass(frozen=True)
class Bar:
    """One bar in one row.  `asked` and `measured` are ratios for speed and floor, KiB for memory,
    a share of the peak for idle."""

    row: Row
    what: str  # "speed", "floor", "memory", "idle"
    asked: float  # the lowest ratio; of memory and idle the highest value
    measured: float
    verdict: str  # MET, MISSED, UNDECIDED, LOST, or TOO_FEW
    runs: int  # rounds that both variants have, or runs of the variant with the fewest
    interval: Estimate | None = None  # of a ratio, if there are enough runs
    against: str | None = None  # the variant that sets what is asked; None for idle
    beyond: str = ""  # what is allowed on top of that variant's memory

    @property
    def met(self) -> bool | None:
        """None where there is no verdict either way."""
        return {MET: True, MISSED: False}.get(self.verdict)


def judge(cells: Cells) -> list[Bar]:
    """All bars of rows that have runs of the default profile and of a peer; often none."""
    names = [v.name for v in cells.variants if v.is_default]
    return [bar for name in names for row in cells.rows for bar in _of_row(cells, row, name)]


def _of_row(cells: Cells, row: Row, default: str) -> list[Bar]:
    peers = [v.name for v in cells.variants if v.is_peer and cells.runs.of(row, v.name)]
    runs = cells.runs.of(row, default)
    if not runs or not peers:
        return []
    floor = ["floor"] if cells.runs.of(row, "floor") else []
    bars = (
        _ratio(cells, row, "speed", default, peers, row.bar),
        _ratio(cells, row, "floor", default, floor, row.floor_bar),
        _memory(cells, row, default, peers),
        _idle(cells, row, default, list(runs.values())),
    )
    return [bar for bar in bars if bar]


def _verdict(cells: Cells, row: Row, names: list[str], rounds: int, met: float,
             missed: float) -> str:
    """From the chances of such runs if the bar were not met, and if it were not missed."""
    if any(cells.runs.failed(row, name) for name in names):
        return LOST
    if not families.enough(rounds):
        return TOO_FEW
    alpha = 1 - LEVEL
    return MET if met <= alpha else MISSED if missed <= alpha else UNDECIDED


def _ratio(cells: Cells, row: Row, what: str, default: str, others: list[str],
           asked: float | None) -> Bar | None:
    """None if nothing is asked, or if there is no repetition in common with any of the others."""
    mine = cells.runs.of(row, default)
    found = {name: one for name in others
             if (one := paired.evidence(SPEED.of, mine, cells.runs.of(row, name)))}
    if asked is None or not found:
        return None
    nearest = min(found, key=lambda name: found[name].centre)
    bar = math.log(asked)
    least = min(one.n for one in found.values())
    verdict = _verdict(
        cells, row, [default, *found], least, max(one.p_above(bar) for one in found.values()),
        min(1.0, len(found) * min(one.p_below(bar) for one in found.values())))
    ratio = paired.estimate(found[nearest])
    return Bar(row, what, asked, ratio.value, verdict, least, ratio if ratio.enough else None,
               nearest)


def _memory(cells: Cells, row: Row, default: str, peers: list[str]) -> Bar | None:
    mine, best = cells.median_peak(row, default), cells.best_peer(row)
    peaks = {name: cells.median_peak(row, name) for name in peers}
    leanest = min(peaks, key=peaks.__getitem__)
    times, more, against, beyond = 1.0, 0.0, best, ""
    if mine < SMALL_KIB:
        more, against, beyond = SLACK_KIB, leanest, "+ 3 MiB"
    elif peaks[best] > SHARE * peaks[leanest]:
        times, against, beyond = SHARE, leanest, "x 1.25"
    runs = {name: cells.runs.of(row, name) for name in (default, against)}
    common = sorted(runs[default].keys() & runs[against].keys())
    above = SignedRanks([runs[default][i].peak_rss_kib
                         - (times * runs[against][i].peak_rss_kib + more) for i in common]) \
        if common else None
    if above is None:
        return None
    verdict = _verdict(cells, row, [default, against], len(common), above.p_below(_ONE_KIB_LESS),
                       above.p_above(0))
    return Bar(row, "memory", times * peaks[against] + more, mine, verdict, len(common), None,
               against, beyond)


def _idle(cells: Cells, row: Row, default: str, runs: list[Run]) -> Bar | None:
    shares = [run.rss_kib / run.peak_rss_kib for run in runs if run.peak_rss_kib > 0]
    if row.idle_bar is None or not shares:
        return None
    found = SignedRanks(shares)
    verdict = _verdict(cells, row, [default], len(shares), found.p_below(row.idle_bar),
                       found.p_above(row.idle_bar))
    return Bar(row, "idle", row.idle_bar, statistics.median(shares), verdict, len(shares))
