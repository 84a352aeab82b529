"""The series of a history: each row and variant at each place, a point for each measurement.

A point is a median of the rounds.  Of speed there are two series: as measured, and relative to the
system's malloc in the same round, which does not change over time.  The latter is judged, unless
the system was left out of most measurements.  Peak RSS is judged as measured.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.lab.base.errors import UsageError
from bench.lab.history import names
from bench.lab.history.circumstances import Place
from bench.lab.history.measurements import Measurement
from bench.lab.judge.measures import PEAK, Measure, lead
from bench.lab.run.earlier import Key
from bench.lab.run.runs import Run
from bench.lab.select import rows
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Point:
    """One measurement's median, above 0."""

    measurement: Measurement
    value: float


@dataclass(frozen=True, eq=False)
class Series:
    """One measure over time."""

    measure: Measure
    relative: bool  # to the system's malloc in the same round
    points: tuple[Point, ...]

    @property
    def head(self) -> str:
        """What it is, for people."""
        return f"{self.measure.name} / system" if self.relative else self.measure.head

    @property
    def values(self) -> list[float]:
        """Of the points."""
        return [point.value for point in self.points]


@dataclass(frozen=True, eq=False)
class Track:
    """One variant in one row at one place: all its series."""

    place: Place
    row: Row
    variant: Variant
    plain: Series  # speed, or time of a timed row
    relative: Series | None  # the same to system's; None for system itself, or without it
    peak: Series | None  # None if no measurement knows it

    @property
    def often(self) -> bool:
        """Whether it was measured more than once."""
        return len(self.plain.points) > 1

    @property
    def series(self) -> list[Series]:
        """All that there are."""
        return [one for one in (self.plain, self.relative, self.peak) if one]

    @property
    def judged(self) -> list[Series]:
        """The series in which changes are looked for."""
        whole = self.relative and 2 * len(self.relative.points) >= len(self.plain.points)
        return [one for one in (self.relative if whole else self.plain, self.peak) if one]


@dataclass(frozen=True)
class Choice:
    """What of all is shown: programs, numbers of threads, variants; an empty list stands for all,
    of the variants for all but the references."""

    programs: list[str]
    threads: list[int]
    variants: list[str]


def build(measurements: Sequence[Measurement], choice: Choice) -> list[Track]:
    """All tracks, in the order in which they appear first.  Raises UsageError for a choice of what
    is not there."""
    found: dict[tuple[Place, Key], list[Measurement]] = {}
    for one in measurements:
        for key in one.results.measured:
            found.setdefault((one.place, key), []).append(one)
    its_rows = {key[:2]: names.row(*key[:2]) for _, key in found}
    kept = set(rows.narrow([row for row in its_rows.values() if row.threads or not choice.threads],
                           choice.programs, choice.threads))
    variants = _chosen(dict.fromkeys(name for _, (_, _, name) in found), choice.variants)
    tracks = [_track(place, its_rows[key[:2]], variants[key[2]], its)
              for (place, key), its in found.items()
              if its_rows[key[:2]] in kept and key[2] in variants]
    return [one for one in tracks if one.plain.points]


def _chosen(there: Sequence[str], asked: list[str]) -> dict[str, Variant]:
    """The variants by name.  Raises UsageError for a name that is not there."""
    for name in asked:
        if name not in there:
            raise UsageError(f"--variants: there is no {name}; there are {', '.join(there)}")
    every = {name: names.variant(name) for name in there}
    return {name: one for name, one in every.items()
            if (name in asked if asked else one.kind != "reference")}


def _track(place: Place, row: Row, variant: Variant, its: list[Measurement]) -> Track:
    measure = lead(row)
    plain, relative, peak = [], [], []
    for one in its:
        runs = one.results.runs(row.program, row.params, variant.name)
        plain.append(_point(one, [measure.of(run) for run in runs.values()]))
        peak.append(_point(one, [PEAK.of(run) for run in runs.values()]))
        if variant.name != variant.baseline:
            base = one.results.runs(row.program, row.params, variant.baseline)
            relative.append(_point(one, _ratios(measure, runs, base)))
    series = [Series(measure, False, _known(plain)), Series(measure, True, _known(relative)),
              Series(PEAK, False, _known(peak))]
    return Track(place, row, variant, series[0],
                 *(one if one.points else None for one in series[1:]))


def _ratios(measure: Measure, runs: dict[int, Run], base: dict[int, Run]) -> list[float]:
    return [measure.of(runs[i]) / measure.of(base[i]) for i in runs.keys() & base.keys()
            if measure.of(base[i]) > 0]


def _point(one: Measurement, values: list[float]) -> Point | None:
    """None without a value, or where an older form of the results does not know it."""
    middle = statistics.median(values) if values else 0
    return Point(one, middle) if middle > 0 else None


def _known(points: list[Point | None]) -> tuple[Point, ...]:
    return tuple(point for point in points if point)
