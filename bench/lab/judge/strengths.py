"""In which rows the default profile is surely faster than every peer, in which it is surely slower,
and what may explain that."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.judge.cells import Cell, Cells
from bench.lab.run.runs import Run

STANDS_OUT = 1.25  # times the best peer's
# What may explain a row, with its unit and how it is written.
_CAUSES: tuple[tuple[str, Callable[[Run], float], float, str], ...] = (
    ("system time", lambda run: 100 * run.sys_s / (run.user_s + run.sys_s)
     if run.user_s + run.sys_s > 0 else 0, 5, "{:.0f} % of its time"),
    ("page faults", lambda run: 1000 * run.minor_faults / run.ops if run.ops else 0, 1,
     "{:.3g} in a thousand operations"),
    ("peak RSS", lambda run: run.peak_rss_kib / 1024, 4, "{:.1f} MiB"),
    ("latency p99.9", lambda run: run.p999_ns, 1, "{:.0f} ns"),
)


@dataclass(frozen=True)
class Cause:
    """A quantity of which the default profile has clearly more than the peer, as text with
    units."""

    name: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Strengths:
    """The cells of the default profile, each with the best peer of its row.

    strong: surely faster than every peer, the clearest first; weak: a peer is surely faster, the
    worst first, with what may explain it.
    """

    strong: list[tuple[Cell, str]]
    weak: list[tuple[Cell, str, list[Cause]]]
    cells: int  # that can be compared with a peer
    too_few: int  # of them: runs too few to tell


def judge(cells: Cells) -> Strengths | None:
    """None without the default profile and a peer."""
    mine = next((v for v in cells.variants if v.is_default), None)
    found = [cells.of(row, mine) for row in cells.rows] if mine else []
    found = [cell for cell in found if cell.vs_best]
    if not found:
        return None
    sure = [(cell, cells.best_peer(cell.row)) for cell in
            sorted(found, key=lambda cell: cell.vs_best.value) if cell.vs_best.excludes(1)]
    strong = [(cell, peer) for cell, peer in sure if cell.vs_best.value > 1]
    return Strengths(
        sorted(strong, key=lambda one: -one[0].vs_best.value),
        [(cell, peer, _causes(cells, cell, peer)) for cell, peer in sure if cell.vs_best.value < 1],
        len(found), sum(not cell.vs_best.enough for cell in found))


def _causes(cells: Cells, cell: Cell, peer: str) -> list[Cause]:
    found = []
    for name, of, least, unit in _CAUSES:
        mine, theirs = (statistics.median(of(run) for run in cells.runs.of(cell.row, one).values())
                        for one in (cell.variant.name, peer))
        if mine > least and theirs >= 0 and mine > STANDS_OUT * theirs:
            found.append(Cause(name, unit.format(mine), unit.format(theirs)))
    return found
