"""The bars: what is asked of the profile `default` in each row, and whether its runs show it.

    speed   its speed is at least Row.bar times that of the fastest peer
    floor   its speed is at least Row.floor_bar times that of the reference `floor`
    memory  its peak RSS is at most the leanest peer's and 3 MiB if it is below 16 MiB, otherwise
            at most the fastest peer's and at most 1.25 times the leanest's
    idle    at most Row.idle_bar of its peak is resident at the end

A ratio of speeds is missed if all of its 95 % interval lies below what is asked.  Memory and idle
compare medians.  Neither is met nor missed by fewer than stats.LEAST_PAIRS runs of each variant.
"""

import statistics
from dataclasses import dataclass

from bench.lab.judge import stats
from bench.lab.judge.cells import Cells
from bench.lab.judge.stats import Estimate
from bench.lab.run.runs import Run
from bench.lab.select.row import Row

SMALL_KIB = 16 << 10
SLACK_KIB = 3 << 10
SHARE = 1.25


@dataclass(frozen=True)
class Bar:
    """One bar in one row.  `asked` and `measured` are ratios for speed and floor, KiB for memory,
    a share of the peak for idle."""

    row: Row
    what: str  # "speed", "floor", "memory", "idle"
    asked: float  # the lowest ratio; of memory and idle the highest value
    measured: float
    met: bool | None  # None: too few runs to tell
    runs: int  # rounds that both variants have, or runs of the variant with the fewest
    interval: Estimate | None = None  # of a ratio, if there are enough runs
    against: str | None = None  # the variant that sets what is asked; None for idle
    beyond: str = ""  # what is allowed on top of that variant's memory


def judge(cells: Cells) -> list[Bar]:
    """All bars of rows that have runs of the default profile and of a peer; often none."""
    names = [v.name for v in cells.variants if v.is_default]
    return [bar for name in names for row in cells.rows for bar in _of_row(cells, row, name)]


def _of_row(cells: Cells, row: Row, default: str) -> list[Bar]:
    best = cells.best_peer(row)
    runs = cells.runs.of(row, default)
    if not runs or best is None:
        return []
    bars = (
        _ratio(cells, row, "speed", default, best, row.bar),
        _ratio(cells, row, "floor", default, "floor", row.floor_bar),
        _memory(cells, row, default, best),
        _idle(row, list(runs.values())),
    )
    return [bar for bar in bars if bar]


def _ratio(cells: Cells, row: Row, what: str, default: str, other: str,
           asked: float | None) -> Bar | None:
    """None if nothing is asked, or if the two have no repetition in common."""
    mine, theirs = cells.runs.speeds(row, default), cells.runs.speeds(row, other)
    ratio = stats.ratio(mine, theirs)
    if asked is None or ratio is None:
        return None
    met = ratio.high >= asked if ratio.enough else None
    return Bar(row, what, asked, ratio.value, met, len(mine.keys() & theirs.keys()),
               ratio if ratio.enough else None, other)


def _memory(cells: Cells, row: Row, default: str, best: str) -> Bar:
    mine = cells.median_peak(row, default)
    peaks = {v.name: cells.median_peak(row, v.name) for v in cells.variants
             if v.is_peer and cells.runs.of(row, v.name)}
    leanest = min(peaks, key=peaks.__getitem__)
    if mine < SMALL_KIB:
        asked, against, beyond = peaks[leanest] + SLACK_KIB, leanest, "+ 3 MiB"
    elif peaks[best] <= SHARE * peaks[leanest]:
        asked, against, beyond = peaks[best], best, ""
    else:
        asked, against, beyond = SHARE * peaks[leanest], leanest, "x 1.25"
    runs = min(len(cells.runs.of(row, name)) for name in (default, *peaks))
    met = mine <= asked if stats.enough_pairs(runs) else None
    return Bar(row, "memory", asked, mine, met, runs, None, against, beyond)


def _idle(row: Row, runs: list[Run]) -> Bar | None:
    shares = [run.rss_kib / run.peak_rss_kib for run in runs if run.peak_rss_kib > 0]
    if row.idle_bar is None or not shares:
        return None
    share = statistics.median(shares)
    met = share <= row.idle_bar if stats.enough_pairs(len(shares)) else None
    return Bar(row, "idle", row.idle_bar, share, met, len(shares))
