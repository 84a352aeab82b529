"""What the table says of the default profile: where it is strong, where weak, and what stands out
there.  Only what the intervals show."""

import statistics
from collections.abc import Callable

from bench.lab.judge import stats
from bench.lab.judge.analysis import Cell, Table
from bench.lab.run.execute import Run
from bench.lab.select.variants import Variant

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


def _mine(table: Table) -> Variant | None:
    return next((v for v in table.variants if v.profile == "default" and v.link == "shared"), None)


def _cells(table: Table) -> list[Cell]:
    mine = _mine(table)
    cells = [table.cell(row, mine) for row in table.rows] if mine else []
    return [cell for cell in cells if cell.vs_best]


def _title(cell: Cell) -> str:
    return cell.row.title


def _line(table: Table, cell: Cell) -> str:
    ratio = cell.vs_best
    return (f"{_title(cell)}: {ratio.value:.2f} of {table.best_peer(cell.row)} "
            f"({ratio.low:.2f} to {ratio.high:.2f})")


def strengths(table: Table) -> list[str]:
    """Rows in which it is surely faster than every peer, the clearest first."""
    found = [cell for cell in _cells(table) if cell.vs_best.excludes(1) and cell.vs_best.value > 1]
    return [_line(table, cell) for cell in sorted(found, key=lambda c: -c.vs_best.value)] + \
        _untold(table)


def weaknesses(table: Table) -> list[str]:
    """Rows in which a peer is surely faster, the worst first."""
    return [_line(table, cell) for cell in _weak(table)] + _untold(table)


def _untold(table: Table) -> list[str]:
    cells = _cells(table)
    few = [cell for cell in cells if not cell.vs_best.enough]
    return [f"{stats.TOO_FEW} runs to tell in {len(few)} of {len(cells)} rows"] if few else []


def _weak(table: Table) -> list[Cell]:
    found = [cell for cell in _cells(table) if cell.vs_best.excludes(1) and cell.vs_best.value < 1]
    return sorted(found, key=lambda cell: cell.vs_best.value)


def bottlenecks(table: Table) -> list[str]:
    """For each weakness, what it has clearly more of than the peer that is faster."""
    lines = []
    for cell in _weak(table):
        peer = table.best_peer(cell.row)
        found = []
        for name, of, least, unit in _CAUSES:
            mine, theirs = (statistics.median(of(run) for run in table.runs(cell.row, one).values())
                            for one in (cell.variant.name, peer))
            if mine > least and theirs >= 0 and mine > STANDS_OUT * theirs:
                found.append(f"{name} {unit.format(mine)}, {peer} {unit.format(theirs)}")
        lines.append(f"{_title(cell)}: {'; '.join(found) or 'nothing measured stands out'}")
    return lines + _untold(table)
