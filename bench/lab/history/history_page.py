"""report.html of a history: a chart for each row, a line in it for each variant."""

from pathlib import Path
from typing import Any

from bench.lab.history import tables
from bench.lab.history.judge import Change, History
from bench.lab.history.measurements import Measurement
from bench.lab.history.series import Series, Track
from bench.lab.page import charts, looks, page
from bench.lab.select.variant import Variant

_HERE = Path(__file__).absolute().parent
_SCRIPTS = (page.WEB / "core.js", page.WEB / "lines.js", page.WEB / "tables.js",
            _HERE / "history.js")
_MEASURES = {"relative": "speed or time relative to system", "plain": "speed or time as measured",
             "peak": "peak RSS"}


def render(history: History, command: str) -> str:
    """The whole page; `command` is as the user typed it."""
    data = chart_data(history)
    return page.fill(
        _HERE / "history.html.j2", _SCRIPTS, data, command=command,
        sentences=tables.sentences(history), changes=list(tables.of_changes(history)),
        places=[(str(place), [chart for chart in data["charts"] if chart["place"] == str(place)],
                 tables.of_rows(history, place)) for place in history.places],
        measurements=tables.of_measurements(history), skipped=history.skipped,
        measures={key: words for key, words in _MEASURES.items()
                  if any(chart["measures"][key]["lines"] for chart in data["charts"])},
        legend=tables.LEGEND, first=history.measurements[0], last=history.measurements[-1])


def chart_data(history: History) -> dict[str, Any]:
    """The numbers of all charts, as plain dicts and lists.

    A chart is of one row at one place; its `labels` are the measurements that it was in.  A line
    has a number or None for each of them.  Variants are named by their index.
    """
    variants = list({one.variant.name: one.variant for one in history.tracks}.values())
    look = looks.looks(variants)
    first = charts.shown_first(variants)
    return {
        "variants": [{"name": one.name, "family": look[one.name].family,
                      "colour": look[one.name].colour, "mark": look[one.name].mark,
                      "sign": look[one.name].sign, "main": one.name in first}
                     for one in variants],
        "charts": [{"index": index, **_chart(history, tracks, variants)}
                   for index, tracks in enumerate(
                       its for place in history.places for its in history.rows(place).values())],
    }


def _chart(history: History, tracks: list[Track], variants: list[Variant]) -> dict[str, Any]:
    there = {point.measurement for track in tracks for point in track.plain.points}
    labels = [one for one in history.measurements if one in there]
    index = {variant.name: i for i, variant in enumerate(variants)}
    return {
        "title": tracks[0].row.title, "load": tracks[0].row.load, "place": str(tracks[0].place),
        "labels": [f"{one.started:%Y-%m-%d}" for one in labels],
        "names": [one.name for one in labels],
        "measures": {key: _measure(history, labels, [
            (index[track.variant.name], series) for track in tracks
            if (series := getattr(track, key))]) for key in _MEASURES},
    }


def _measure(history: History, labels: list[Measurement],
             its: list[tuple[int, Series]]) -> dict[str, Any]:
    place = {one: i for i, one in enumerate(labels)}
    return {
        "head": its[0][1].head if its else "",
        "lines": [{"variant": variant, **_line(history, series, place)} for variant, series in its],
    }


def _line(history: History, series: Series, place: dict[Measurement, int]) -> dict[str, Any]:
    values: list[float | None] = [None] * len(place)
    for point in series.points:
        values[place[point.measurement]] = float(f"{point.value:.6g}")
    judged = history.of.get(series)
    return {"values": values,
            "changes": [_mark(one, place) for one in judged.changes] if judged else []}


def _mark(one: Change, place: dict[Measurement, int]) -> dict[str, Any]:
    return {"at": place[one.after], "better": one.is_better, "then": float(f"{one.then:.6g}"),
            "now": float(f"{one.now:.6g}"), "words": f"{one.words}, after {one.before.name}"}
