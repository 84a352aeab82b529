"""A history as history.csv and history.json."""

from typing import Any

from bench.lab.history.judge import Change, History, Judged
from bench.lab.history.levels import LEVEL
from bench.lab.history.measurements import Measurement
from bench.lab.history.series import Series, Track
from bench.lab.show import csv_file

COLUMNS = ("place", "started", "commit", "folder", "benchmark", "parameters", "variant", "measure",
           "relative_to", "unit", "value", "level", "change_percent", "verdict")


def csv(history: History) -> str:
    """A line for each point of each series, in the order of time.

    `level` is the median of the points between two changes, empty for a series that is not judged;
    `change_percent` stands where a new level begins; `verdict` is that of the whole series.
    """
    return csv_file.text(COLUMNS, (
        [str(track.place), point.measurement.started.isoformat(), point.measurement.commit,
         point.measurement.folder, track.row.program, track.row.params, track.variant.name,
         series.measure.name, track.variant.baseline if series.relative else None,
         None if series.relative else series.measure.unit,
         *csv_file.numbers((point.value, level, change), 6),
         history.of[series].verdict if series in history.of else None]
        for track in history.tracks for series in track.series
        for point, level, change in _points(series, history.of.get(series))))


def _points(series: Series, judged: Judged | None):
    """Each point, its level and the change in percent that begins with it."""
    level, starts = (None, {}) if judged is None else (judged.levels[0], {
        one.after: one for one in judged.changes})
    for point in series.points:
        change = starts.get(point.measurement)
        level = change.now if change else level
        yield point, level, 100 * (change.ratio - 1) if change else None


def data(history: History, command: str) -> dict[str, Any]:
    """The content of history.json: what was judged, with the indices of its measurements."""
    index = {one: i for i, one in enumerate(history.measurements)}
    return {
        "command": command,
        "level": LEVEL,
        "tested": history.found.tested,
        "needs": history.found.needs,
        "side": history.found.side,
        "skipped": history.skipped,
        "measurements": [_measurement(one) for one in history.measurements],
        "series": [_series(one, index) for one in history.judged],
    }


def _measurement(one: Measurement) -> dict[str, Any]:
    return {"folder": str(one.folder), "started": one.started.isoformat(), "commit": one.commit,
            "place": one.place._asdict()}


def _series(one: Judged, index: dict[Measurement, int]) -> dict[str, Any]:
    track: Track = one.track
    return {
        "place": track.place._asdict(), "benchmark": track.row.program,
        "parameters": track.row.params, "variant": track.variant.name,
        "measure": one.series.measure.name,
        "relative_to": track.variant.baseline if one.series.relative else None,
        "unit": "" if one.series.relative else one.series.measure.unit,
        "points": [[index[point.measurement], point.value] for point in one.series.points],
        "verdict": one.verdict, "p": one.found.p, "levels": one.levels,
        "changes": [_change(change, index) for change in one.changes],
    }


def _change(one: Change, index: dict[Measurement, int]) -> dict[str, Any]:
    return {"before": index[one.before], "after": index[one.after], "then": one.then,
            "now": one.now, "ratio": one.ratio, "better": one.is_better}
