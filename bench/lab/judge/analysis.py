"""From runs to what they show: one cell for each row and variant."""

import statistics
from dataclasses import dataclass, field

from bench.lab.judge import stats
from bench.lab.judge.measures import SPEED, lead
from bench.lab.judge.stats import Estimate
from bench.lab.run.execute import Run
from bench.lab.run.schedule import Job
from bench.lab.select.rows import Row
from bench.lab.select.variants import Variant


@dataclass(frozen=True)
class Cell:
    """One variant in one row.  `speed` is operations a second, `shown` the row's own measure in its
    unit, of which the ratios are: of speeds, above 1 is faster, or of a command's times.  All of
    these are None where there is nothing to compare with."""

    row: Row
    variant: Variant
    runs: int
    speed: Estimate | None = None
    shown: Estimate | None = None
    vs_system: Estimate | None = None
    vs_mi: Estimate | None = None
    vs_best: Estimate | None = None  # the fastest of system and the peers
    of_floor: float | None = None
    gross_ns: float | None = None  # an operation, the benchmark's own loop included
    net_ns: float | None = None  # the same less the reference `null`
    rss_mib: float | None = None  # peak
    failures: list[str] = field(default_factory=list)  # "status: raw log", each status once
    left_out: str | None = None  # why there are no runs


@dataclass(frozen=True)
class Overall:
    """One variant over all rows."""

    variant: str
    vs_system: float  # geometric means
    vs_best: float | None
    worst: float  # lowest ratio to system, and its row
    worst_row: str
    enough: bool  # runs in every row to tell


def _grouped(failures: list[str]) -> list[str]:
    """Those that end alike as one."""
    logs: dict[str, list[str]] = {}
    for one in failures:
        status, log = one.rsplit(": ", 1)
        logs.setdefault(status, []).append(log)
    return [f"{status}: {found[0]}" if len(found) == 1 else
            f"{status} in {len(found)} runs, the first: {found[0]}"
            for status, found in logs.items()]


class Table:
    """All runs so far, by row and variant."""

    def __init__(self, rows: list[Row], variants: list[Variant]):
        self.rows = rows
        self.variants = variants
        self.made: list[tuple[Job, Run]] = []  # all runs, in the order they were made
        self._runs: dict[tuple[str, str], dict[int, Run]] = {}
        self._failures: dict[tuple[str, str], list[str]] = {}
        self._cells: dict[tuple[str, str], Cell] = {}  # already worked out from these runs

    def add(self, job: Job, run: Run, raw: str) -> None:
        """One finished run; `raw` names its log."""
        key = (job.row.key, job.variant.name)
        self.made.append((job, run))
        if run.ok:
            self._runs.setdefault(key, {})[job.rep] = run
            self._cells.clear()
        else:
            self.fail(job.row, job.variant, f"{run.status}: {raw}")

    def fail(self, row: Row, variant: Variant, what: str) -> None:
        """A run without numbers."""
        self._failures.setdefault((row.key, variant.name), []).append(what)
        self._cells.clear()

    @property
    def failed(self) -> bool:
        """Whether any run gave no numbers."""
        return bool(self._failures)

    @property
    def failures(self) -> list[str]:
        """Which variant in which row, and what became of it."""
        return [f"{name}: {row.title}: {what}" for row in self.rows
                for (key, name), found in self._failures.items() if key == row.key
                for what in found]

    def runs(self, row: Row, name: str | None) -> dict[int, Run]:
        """A variant's runs with numbers, by repetition; none for a variant that is not there."""
        return self._runs.get((row.key, name or ""), {})

    def speeds(self, row: Row, name: str | None) -> dict[int, float]:
        """Their operations a second."""
        return {rep: run.ops_per_s for rep, run in self.runs(row, name).items()}

    def values(self, row: Row, name: str | None) -> dict[int, float]:
        """What the row is about, by repetition, in its unit."""
        of = lead(row).of
        return {rep: of(run) for rep, run in self.runs(row, name).items()}

    def _median_speed(self, row: Row, name: str) -> float | None:
        speeds = self.speeds(row, name)
        return statistics.median(speeds.values()) if speeds else None

    def median_peak(self, row: Row, name: str) -> float | None:
        """A variant's peak RSS in the row, KiB; None without runs."""
        runs = self.runs(row, name)
        return statistics.median(run.peak_rss_kib for run in runs.values()) if runs else None

    def best_peer(self, row: Row) -> str | None:
        """The fastest of system and the peers in the row."""
        speeds = {v.name: self._median_speed(row, v.name) for v in self.variants if v.is_peer}
        known = {name: speed for name, speed in speeds.items() if speed}
        return max(known, key=known.__getitem__) if known else None

    def cell(self, row: Row, variant: Variant) -> Cell:
        """What the runs of one variant in one row show."""
        key = (row.key, variant.name)
        if key not in self._cells:
            self._cells[key] = self._cell(row, variant)
        return self._cells[key]

    def _cell(self, row: Row, variant: Variant) -> Cell:
        runs = self.runs(row, variant.name)
        failures = _grouped(self._failures.get((row.key, variant.name), []))
        if not runs:
            return Cell(row, variant, 0, failures=failures, left_out=variant.why_not(row))
        mine = self.values(row, variant.name)
        speed = stats.median(list(self.speeds(row, variant.name).values()))
        measure = lead(row)
        null, floor = (self._median_speed(row, name) for name in ("null", "floor"))
        gross = 1e9 / speed.value
        shared = variant.link == "shared"  # as mi and the other peers are
        return Cell(
            row, variant, len(runs), speed, stats.median(list(mine.values())),
            vs_system=stats.ratio(mine, self.values(row, variant.baseline)),
            vs_mi=stats.ratio(mine, self.values(row, "mi")) if shared else None,
            vs_best=stats.ratio(mine, self.values(row, self.best_peer(row))) if shared else None,
            of_floor=speed.value / floor if floor else None,
            gross_ns=gross if measure is SPEED else None,
            net_ns=gross - 1e9 / null if null else None,
            rss_mib=self.median_peak(row, variant.name) / 1024,
            failures=failures,
        )

    def cells(self, row: Row) -> list[Cell]:
        """A row's cells: the fastest first, then references, then what has no numbers."""
        def rank(cell: Cell) -> tuple:
            return (cell.speed is None, cell.variant.kind == "reference",
                    -(cell.speed.value if cell.speed else 0))

        return sorted((self.cell(row, variant) for variant in self.variants), key=rank)

    def without_means(self) -> list[str]:
        """Measured variants that overall() leaves out: a row has no numbers for them."""
        inside = {line.variant for line in self.overall()}
        return [variant.name for variant in self.variants
                if inside and variant.kind != "reference" and variant.name not in inside]

    def overall(self) -> list[Overall]:
        """Each variant that has numbers in every row that has numbers for system."""
        lines = []
        for variant in self.variants:
            if variant.kind == "reference":
                continue
            cells = [self.cell(row, variant) for row in self.rows if self.speeds(row, "system")]
            if not cells or any(cell.vs_system is None for cell in cells):
                continue
            worst = min(cells, key=lambda cell: cell.vs_system.value)
            best = [cell.vs_best.value for cell in cells if cell.vs_best]
            lines.append(Overall(
                variant.name,
                stats.geometric_mean([cell.vs_system.value for cell in cells]),
                stats.geometric_mean(best) if best else None,
                worst.vs_system.value,
                worst.row.title,
                all(cell.vs_system.enough for cell in cells),
            ))
        return sorted(lines, key=lambda line: -line.vs_system)
