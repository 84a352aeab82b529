"""What a history shows: the changes of each row and variant, all judged together."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.history import levels
from bench.lab.history.circumstances import Place
from bench.lab.history.levels import Found, Levels
from bench.lab.history.measurements import Measurement
from bench.lab.history.series import Series, Track
from bench.lab.select.row import Row
from bench.lab.stats.estimate import TOO_FEW


@dataclass(frozen=True)
class Change:
    """A sure change of one series, between two measurements that follow each other in it."""

    track: Track
    series: Series
    before: Measurement
    after: Measurement
    then: float  # medians of the level before and the level after
    now: float

    @property
    def ratio(self) -> float:
        """Now over then."""
        return self.now / self.then

    @property
    def is_better(self) -> bool:
        """Which way it went."""
        return (self.ratio > 1) == self.series.measure.more_is_better

    @property
    def words(self) -> str:
        """As "slower by 5.1 %"."""
        measure = self.series.measure
        return f"{measure.better if self.is_better else measure.worse} by " \
               f"{100 * abs(self.ratio - 1):.1f} %"


@dataclass(frozen=True)
class Judged:
    """A series in which changes were looked for."""

    track: Track
    series: Series
    found: Levels
    levels: tuple[float, ...]  # medians, the earliest first; one if nothing changed

    @property
    def told(self) -> bool:
        """Whether there are enough points to tell."""
        return self.found.starts is not None

    @property
    def changes(self) -> list[Change]:
        """The earliest first."""
        points = self.series.points
        return [Change(self.track, self.series, points[start - 1].measurement,
                       points[start].measurement, then, now)
                for start, then, now in zip((self.found.starts or ())[1:], self.levels,
                                            self.levels[1:])]

    @property
    def verdict(self) -> str:
        """better or worse, as the last change went; same; or TOO_FEW."""
        if not self.told:
            return TOO_FEW
        changes = self.changes
        return "same" if not changes else "better" if changes[-1].is_better else "worse"


@dataclass(frozen=True)
class History:
    """All tracks, and what was found in those series of them in which changes were looked for."""

    measurements: list[Measurement]
    skipped: list[str]  # a line for each folder that cannot be read
    tracks: list[Track]
    of: dict[Series, Judged]
    found: Found

    @property
    def judged(self) -> list[Judged]:
        """In the order of the tracks."""
        return list(self.of.values())

    @property
    def places(self) -> list[Place]:
        """In the order of their first measurements."""
        return list(dict.fromkeys(one.place for one in self.tracks))

    def rows(self, place: Place) -> dict[Row, list[Track]]:
        """The tracks of each row at this place, but of none that was measured once if others were
        more often."""
        found: dict[Row, list[Track]] = {}
        all_once = not self._often
        for one in self.tracks:
            if one.place == place and (one.often or all_once):
                found.setdefault(one.row, []).append(one)
        return found

    @property
    def once(self) -> int:
        """The number of tracks that rows() leaves out."""
        return sum(not one.often for one in self.tracks) if self._often else 0

    @property
    def _often(self) -> bool:
        return any(one.often for one in self.tracks)

    @property
    def changes(self) -> list[Change]:
        """The latest first; those between the same two measurements one after the other."""
        every = [change for one in self.judged for change in one.changes]
        return sorted(every, key=lambda one: (one.after.started, one.before.started), reverse=True)

    @property
    def regressions(self) -> list[Change]:
        """The last changes of hakmem's variants that are for the worse, the largest first."""
        last = [one.changes[-1] for one in self._mine if one.verdict == "worse"]
        return sorted(last, key=lambda one: -abs(math.log(one.ratio)))

    @property
    def untold(self) -> str | None:
        """Why nobody can say whether hakmem's variants got worse; None if that can be said of any
        of them, or if there are none."""
        if not self._mine or any(one.told for one in self._mine):
            return None
        most = max(len(one.series.points) for one in self._mine)
        return f"{TOO_FEW} measurements: {most}, and it takes {self.found.needs}"

    @property
    def _mine(self) -> list[Judged]:
        return [one for one in self.judged if one.track.variant.kind == "profile"]


def judge(measurements: list[Measurement], skipped: list[str], tracks: list[Track],
          least: float = levels.LEAST, tell: Callable[[int], None] = lambda done: None) -> History:
    """The history that these tracks are, with changes by a share `least` or more; `tell` is called
    as by levels.find."""
    asked = [(track, series) for track in tracks for series in track.judged]
    found = levels.find([series.values for _, series in asked], least, tell)
    return History(measurements, skipped, tracks, {
        series: Judged(track, series, its, _medians(series.values, its.starts or (0,)))
        for (track, series), its in zip(asked, found.levels)}, found)


def _medians(values: list[float], starts: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(statistics.median(values[start:end])
                 for start, end in zip(starts, [*starts[1:], len(values)]))
