"""What runs show: one cell for each row and variant, and a mean for each variant."""

import math
import statistics
from dataclasses import dataclass, field

from bench.lab.judge import paired
from bench.lab.judge.measures import SPEED, lead
from bench.lab.run.runs import LATENCIES, Runs
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.stats import units
from bench.lab.stats.estimate import Estimate
from bench.lab.stats.medians import median


@dataclass(frozen=True)
class Cell:
    """One variant in one row.

    `speed` is operations a second; `shown` is the row's own measure in its unit.  The ratios are
    ratios of `shown`: of speeds, so that above 1 is faster, or of a command's times.  A number is
    None where there are no runs of this variant, or of the one to compare with.
    """

    row: Row
    variant: Variant
    runs: int
    speed: Estimate | None = None
    shown: Estimate | None = None
    vs_system: Estimate | None = None
    vs_mi: Estimate | None = None
    vs_best: Estimate | None = None  # against the fastest of system and the peers
    of_floor: float | None = None
    gross_ns: float | None = None  # an operation, the benchmark's own loop included
    net_ns: Estimate | None = None  # the same less the reference `null` in the same round
    rss_mib: float | None = None  # peak
    latencies: list[float | None] | None = None  # of LATENCIES; None: the program does not say
    failures: list[str] = field(default_factory=list)  # "status: raw log", each status once
    left_out: str | None = None  # why there are no runs


@dataclass(frozen=True)
class Means:
    """One variant over all rows."""

    variant: str
    vs_system: float  # geometric means
    vs_best: float | None
    worst: float  # lowest ratio to system, and its row
    worst_row: str
    enough: bool  # runs in every row to tell


def _grouped(failures: list[str]) -> list[str]:
    """Joins the failures that have the same status."""
    logs: dict[str, list[str]] = {}
    for one in failures:
        status, log = one.rsplit(": ", 1)
        logs.setdefault(status, []).append(log)
    return [f"{status}: {found[0]}" if len(found) == 1 else
            f"{status} in {len(found)} runs, the first: {found[0]}"
            for status, found in logs.items()]


class Cells:
    """All cells of runs to which nothing is added any more."""

    def __init__(self, runs: Runs):
        self.runs = runs
        self.rows = runs.rows
        self.variants = runs.variants
        self._cells: dict[tuple[str, str], Cell] = {}

    def values(self, row: Row, name: str | None) -> dict[int, float]:
        """The row's own measure in its unit, by repetition."""
        of = lead(row).of
        return {rep: of(run) for rep, run in self.runs.of(row, name).items()}

    def ratio(self, row: Row, variant: Variant, base: str) -> Estimate | None:
        """The variant over `base`; for `base` system over that system which is linked as the
        variant is."""
        if base == "system":
            return self.of(row, variant).vs_system
        return self._ratio(row, variant.name, base)

    def _ratio(self, row: Row, name: str, base: str | None) -> Estimate | None:
        return paired.ratio(lead(row).of, self.runs.of(row, name), self.runs.of(row, base))

    def _net_ns(self, row: Row, name: str) -> Estimate | None:
        """What an operation costs beyond the benchmark's own loop; of one thread only, as `null`
        gives all threads the same block."""
        if row.threads > 1 or lead(row) is not SPEED:
            return None
        return paired.difference(lambda run: 1e9 / run.ops_per_s, self.runs.of(row, name),
                                 self.runs.of(row, "null"))

    def _median(self, row: Row, name: str, values: dict[int, float]) -> Estimate:
        return median(units.values(values, paired.layouts(self.runs.of(row, name))))

    def _median_speed(self, row: Row, name: str) -> float | None:
        speeds = self.runs.speeds(row, name)
        return statistics.median(speeds.values()) if speeds else None

    def median_peak(self, row: Row, name: str) -> float | None:
        """A variant's peak RSS in the row, KiB; None without runs."""
        runs = self.runs.of(row, name)
        return statistics.median(run.peak_rss_kib for run in runs.values()) if runs else None

    def _latencies(self, row: Row, name: str) -> list[float | None] | None:
        runs = self.runs.of(row, name).values()
        medians = [statistics.median(getattr(run, key) for run in runs) for key in LATENCIES]
        return [value or None for value in medians] if any(medians) else None

    def best_peer(self, row: Row) -> str | None:
        """The name of the fastest of system and the peers in the row."""
        speeds = {v.name: self._median_speed(row, v.name) for v in self.variants if v.is_peer}
        known = {name: speed for name, speed in speeds.items() if speed}
        return max(known, key=known.__getitem__) if known else None

    def of(self, row: Row, variant: Variant) -> Cell:
        """The cell of one variant in one row."""
        key = (row.key, variant.name)
        if key not in self._cells:
            self._cells[key] = self._cell(row, variant)
        return self._cells[key]

    def _cell(self, row: Row, variant: Variant) -> Cell:
        runs = self.runs.of(row, variant.name)
        failures = _grouped(self.runs.failed(row, variant.name))
        if not runs:
            return Cell(row, variant, 0, failures=failures, left_out=variant.why_not(row))
        mine = self.values(row, variant.name)
        name = variant.name
        speed = self._median(row, name, self.runs.speeds(row, name))
        floor = self._median_speed(row, "floor")
        gross = 1e9 / speed.value
        shared = variant.link == "shared"  # as mi and the other peers are
        return Cell(
            row, variant, len(runs), speed, self._median(row, name, mine),
            vs_system=self._ratio(row, name, variant.baseline),
            vs_mi=self._ratio(row, name, "mi") if shared else None,
            vs_best=self._ratio(row, name, self.best_peer(row)) if shared else None,
            of_floor=speed.value / floor if floor else None,
            gross_ns=gross if lead(row) is SPEED else None,
            net_ns=self._net_ns(row, name),
            rss_mib=self.median_peak(row, variant.name) / 1024,
            latencies=self._latencies(row, variant.name),
            failures=failures,
        )

    def in_row(self, row: Row) -> list[Cell]:
        """A row's cells: the fastest first, then references, then what has no numbers."""
        def rank(cell: Cell) -> tuple:
            return (cell.speed is None, cell.variant.kind == "reference",
                    -(cell.speed.value if cell.speed else 0))

        return sorted((self.of(row, variant) for variant in self.variants), key=rank)

    def told(self, row: Row) -> list[Cell]:
        """The cells of in_row that have numbers, or a reason why they have none."""
        return [cell for cell in self.in_row(row) if cell.speed or cell.failures or cell.left_out]

    def front(self, row: Row) -> list[str]:
        """The Pareto front of speed and peak RSS, by medians, the fastest variant first.

        Each variant that is faster than one of the front has a larger peak.  References do not take
        part.
        """
        cells = [self.of(row, v) for v in self.variants if v.kind != "reference"]
        cells = sorted((cell for cell in cells if cell.speed),
                       key=lambda cell: (-cell.speed.value, cell.rss_mib))
        found, leanest = [], math.inf
        for cell in cells:
            if cell.rss_mib < leanest:
                found.append(cell.variant.name)
                leanest = cell.rss_mib
        return found

    def without_means(self) -> list[str]:
        """Measured variants that means() leaves out: a row has no numbers for them."""
        inside = {line.variant for line in self.means()}
        return [variant.name for variant in self.variants
                if inside and variant.kind != "reference" and variant.name not in inside]

    def means(self) -> list[Means]:
        """The means of each variant that has numbers in every row in which system has some."""
        found = []
        for variant in self.variants:
            if variant.kind == "reference":
                continue
            cells = [self.of(row, variant) for row in self.rows if self.runs.of(row, "system")]
            if not cells or any(cell.vs_system is None for cell in cells):
                continue
            worst = min(cells, key=lambda cell: cell.vs_system.value)
            best = [cell.vs_best.value for cell in cells if cell.vs_best]
            found.append(Means(
                variant.name,
                statistics.geometric_mean(cell.vs_system.value for cell in cells),
                statistics.geometric_mean(best) if best else None,
                worst.vs_system.value,
                worst.row.title,
                all(cell.vs_system.enough for cell in cells),
            ))
        return sorted(found, key=lambda one: -one.vs_system)
