"""A history as tables and sentences: each row over time, and what changed when."""

from collections.abc import Iterator
from itertools import groupby

from bench.lab.history import circumstances
from bench.lab.history.circumstances import Place
from bench.lab.history.judge import Change, History, Judged
from bench.lab.history.levels import LEVEL
from bench.lab.history.measurements import Measurement
from bench.lab.history.series import Series, Track
from bench.lab.judge.measures import PEAK
from bench.lab.select.row import Row
from bench.lab.show.table import Line, Table, plain
from bench.lab.stats.estimate import TOO_FEW

LEGEND = (
    "Medians of each level, the earliest first: 3.10 -> 2.95 changed once, surely.  Speeds are "
    "judged relative to system in the same round; the speed as measured is then that of the newest "
    "measurement."
)


def of_rows(history: History, place: Place) -> list[Table]:
    """A table for each row at this place."""
    return [_of_row(history, row, tracks) for row, tracks in history.rows(place).items()]


def _of_row(history: History, row: Row, tracks: list[Track]) -> Table:
    measure = tracks[0].plain.measure
    heads = ("variant", "measured", f"{measure.name} / system", measure.head, PEAK.head, "verdict")
    return Table(heads, [_line(history, one) for one in tracks], row.title, left=(0, 5),
                 folds=(5,), dispensable=("measured",))


def _line(history: History, track: Track) -> Line:
    def cell(series: Series | None) -> str:
        if series is None:
            return ""
        its = history.of.get(series)
        return " -> ".join(map(_number, its.levels)) if its else _number(series.values[-1])

    its = [history.of[series] for series in track.judged]
    verdicts = [one.verdict for one in its]
    look = next((word for word in ("worse", "better") if word in verdicts),
                "too-few" if TOO_FEW in verdicts else "")
    return Line([track.variant.name, str(len(track.plain.points)), cell(track.relative),
                 cell(track.plain), cell(track.peak), _verdict(history, its)], look)


def _number(value: float) -> str:
    """Three digits, zeros among them."""
    return f"{value:#.3g}".rstrip(".") if value < 1000 else f"{value:.0f}"


def _verdict(history: History, its: list[Judged]) -> str:
    """The last change of each judged series."""
    if not any(one.told for one in its):
        return f"{TOO_FEW}: it takes {history.found.needs}"
    last = [one.changes[-1] for one in its if one.changes]
    return "; ".join(f"{one.words} since {one.after.name}" for one in last) or "no change"


def of_changes(history: History) -> Iterator[Table]:
    """A table for each two measurements between which something changed, the latest first."""
    for (before, after), its in groupby(history.changes,
                                        key=lambda one: (one.before, one.after)):
        changes = list(its)
        where = f", on {before.place}" if len(history.places) > 1 else ""
        yield Table(
            ("row", "variant", "measure", "then", "now", "change"),
            [Line([one.track.row.title, one.track.variant.name, one.series.head, _number(one.then),
                   _number(one.now), one.words], "better" if one.is_better else "worse")
             for one in changes],
            f"Between {before.name} and {after.name}{where}", before=_besides(changes[0]),
            left=(0, 1, 2, 5), folds=(0,))


def _besides(change: Change) -> str:
    found = circumstances.differences(change.before.about, change.after.about)
    return f"What else changed in between: {'; '.join(found)}." if found else ""


def sentences(history: History) -> list[str]:
    """What all of it comes to, and how sure that is."""
    found, judged = history.found, history.judged
    few = len(judged) - found.tested
    lines = []
    if found.tested:
        changed = sum(bool(one.changes) for one in judged)
        lines.append(
            f"{changed} of {found.tested} series, each of a row, a variant and a measure, changed "
            f"surely.  If nothing changes, at most {100 * LEVEL:.0f} % of such reports show any "
            f"change.  A change is seen when at least {found.side} measurements lie before it and "
            f"{found.side} after it.")
    if few:
        most = max(len(one.series.points) for one in judged if not one.told)
        lines.append(f"{few} series have {TOO_FEW} measurements to tell: at most {most}, and it "
                     f"takes {found.needs} when {len(judged)} series are judged together.")
    if history.once:
        lines.append(f"{history.once} variants in their rows were measured once and are in "
                     "history.csv only.")
    if len(history.places) > 1:
        lines.append(f"Measured on {len(history.places)} machines, or in so many modes of the "
                     "build: each has series of its own.")
    if history.skipped:
        lines.append(f"Skipped folders: {len(history.skipped)}.")
    return lines


def of_measurements(history: History) -> Table:
    """All measurements, the latest first, each with what differs from the one before it."""
    lines, last = [], {}
    for one in history.measurements:
        before: Measurement | None = last.get(one.place)
        changed = circumstances.differences(before.about, one.about) if before else []
        last[one.place] = one
        doubts = circumstances.doubts(one.about)
        lines.append([f"{one.started:%Y-%m-%d %H:%M:%S}", one.commit or "", str(one.place),
                      "; ".join(changed), str(one.folder), "; ".join(doubts)])
    return plain(("started", "commit", "place", "changed since the one before", "folder",
                  "doubtful"), lines[::-1], title="Measurements", left=range(6))
