"""The table of fit_study: on the terminal, as fit.csv, and in docs/fit.md between two marks."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.lab.base import screen
from bench.lab.fit.study import Study
from bench.lab.judge import stats
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import PEAK, TIME
from bench.lab.select.rows import UsageError
from bench.lab.select.variants import Variant
from bench.lab.show import text
from bench.lab.show.ab_text import Outcome

FROM, TO = "<!-- table: written by bazel run //bench:fit_study -->", "<!-- end of the table -->"
HALF = 0.5  # of the default's avoidable rounding
MOST_WORSE = 1.0  # percentage points, with the input held out
HEADS = ("program", "classes", "rounding %, default", "fitted", "avoidable %, default", "fitted",
         "held out: rounding %, default", "fitted",
         "peak MiB, fitted", "default", "leanest peer", "time of the default's", "faster peers")
COLUMNS = ("program", "classes", "seen_default_percent", "seen_fitted_percent",
           "seen_default_avoidable_percent", "seen_fitted_avoidable_percent",
           "held_out_default_percent", "held_out_fitted_percent", "peak_fitted_mib",
           "peak_default_mib", "peer", "peak_peer_mib", "time_ratio", "time_low", "time_high",
           "faster")


@dataclass(frozen=True)
class Line:
    """One program.  Peaks are MiB, medians of the runs with the input held out; None where there
    are none."""

    study: Study
    peak: float | None
    default_peak: float | None
    peer: str  # with the smallest peak
    peer_peak: float | None
    preloaded_peak: float | None  # the smallest of the peers but the C library
    time: Comparison | None  # of the default (B) against the fitted one (A)
    faster: tuple[str, ...]  # what is surely faster than the fitted one
    told: bool = True  # whether there are enough runs for a verdict

    @property
    def halved(self) -> bool:
        """Whether what classes can save of the rounding is at most half of the default's on the
        inputs fitted to."""
        seen = self.study.seen
        return seen.fitted_avoidable <= HALF * seen.default_avoidable

    @property
    def holds(self) -> bool:
        """Whether it is hardly worse with the input held out."""
        return self.study.held_out.fitted <= self.study.held_out.default + MOST_WORSE

    @property
    def leanest(self) -> bool:
        """Smaller than every peer, and nothing is surely faster."""
        return self._below(self.peer_peak)

    @property
    def leaner_than_preloaded(self) -> bool:
        """The same, without the C library."""
        return self._below(self.preloaded_peak)

    def _below(self, other: float | None) -> bool:
        return (self.told and self.peak is not None and other is not None and self.peak < other
                and not self.faster)


def lines(studies: list[Study], outcomes: list[Outcome]) -> list[Line]:
    """One for each program; `outcomes` are those of all others against the fitted variant."""
    found = []
    for study in studies:
        peaks, times = (
            [(one.b, row) for one in outcomes for row in one.rows.get(measure, [])
             if row.row.key == study.row.key] for measure in (PEAK, TIME))
        default = _of_default(peaks)
        peer_peak, peer = min(((row.b, one.name) for one, row in peaks if one.is_peer),
                              default=(None, ""))
        preloaded = min((row.b for one, row in peaks if one.kind == "peer"), default=None)
        found.append(Line(
            study, peaks[0][1].a if peaks else None, default.b if default else None,
            peer, peer_peak, preloaded, _of_default(times),
            tuple(one.name for one, row in times if row.verdict == "better"),
            all(row.ratio.enough for _, row in peaks + times),
        ))
    return found


def _of_default(found: list[tuple[Variant, Comparison]]) -> Comparison | None:
    return next((row for one, row in found if one.kind == "profile"), None)


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def cells(one: Line) -> list[str]:
    """In the order of HEADS."""
    study = one.study
    ratio = one.time.ratio if one.time else None
    return [
        study.load.name, str(study.classes), _number(study.seen.default),
        _number(study.seen.fitted), _number(study.seen.default_avoidable),
        _number(study.seen.fitted_avoidable), _number(study.held_out.default),
        _number(study.held_out.fitted), _number(one.peak, 1), _number(one.default_peak, 1),
        f"{_number(one.peer_peak, 1)} ({one.peer})" if one.peer else "",
        f"{1 / ratio.value:.3f} ({1 / ratio.high:.3f} to {1 / ratio.low:.3f})"
        if ratio and ratio.enough else "", _faster(one) or "none",
    ]


def _faster(one: Line) -> str:
    return ", ".join(one.faster) if one.told else f"{stats.TOO_FEW} runs to tell"


def verdict(found: list[Line]) -> str:
    """What the table comes to."""
    few = sum(not one.told for one in found)
    return (
        f"Of the rounding that classes can avoid, what is left is at most half of the default's in "
        f"{sum(one.halved for one in found)} of {len(found)} programs; with the input held out "
        f"rounding is at most {MOST_WORSE:g} percentage point above the default's in "
        f"{sum(one.holds for one in found)}. In "
        f"{sum(one.leanest for one in found)} the fitted profile has a smaller peak than every peer, "
        f"in {sum(one.leaner_than_preloaded for one in found)} than every peer but the C library, "
        "and nothing is surely faster."
        + (f" In {few} there are {stats.TOO_FEW} runs to tell." if few else "")
    )


def markdown(found: list[Line], left_out: list[str], about: dict) -> str:
    """The table and what it comes to."""
    machine = about["machine"]
    lines_ = text.markdown(HEADS, [cells(one) for one in found])
    lines_ += ["", verdict(found)]
    lines_ += [f"- left out: {line}" for line in left_out]
    lines_ += ["", f"Medians of {about['reps']} rounds on {machine['cpu']}, {machine['cores']} "
               f"cores, Linux {machine['kernel']}; 95 % intervals.", ""]
    return "\n".join(lines_)


def check(path: Path) -> None:
    """Raises UsageError if the file cannot take the table."""
    try:
        old = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--document: {path}: {error.strerror}; name a file with the lines {FROM} "
                         f"and {TO}") from error
    if not 0 <= old.find(FROM) < old.find(TO):
        raise UsageError(f"--document: {path}: has no place for the table, the lines {FROM} and "
                         f"{TO}")


def put(table: str, path: Path) -> None:
    """Between the marks."""
    old = path.read_text(encoding="utf-8")
    start, end = old.index(FROM) + len(FROM), old.index(TO)
    path.write_text(f"{old[:start]}\n\n{table}\n{old[end:]}", encoding="utf-8")


def as_csv(found: list[Line]) -> str:
    """fit.csv: a line for each program."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        study, ratio = one.study, one.time.ratio if one.time else None
        times = [1 / ratio.value, 1 / ratio.high, 1 / ratio.low] if ratio and ratio.enough \
            else [None] * 3
        numbers = [study.seen.default, study.seen.fitted, study.seen.default_avoidable,
                   study.seen.fitted_avoidable, study.held_out.default,
                   study.held_out.fitted, one.peak, one.default_peak]
        writer.writerow([study.load.name, study.classes, *(_number(value, 4) for value in numbers),
                         one.peer, _number(one.peer_peak, 4),
                         *(_number(value, 4) for value in times),
                         " ".join(one.faster) if one.told else stats.TOO_FEW])
    return file.getvalue()


def show(console: Console, found: list[Line]) -> None:
    """The same on the terminal."""
    screen.put(console, HEADS, [cells(one) for one in found], folds=range(len(HEADS)))
    console.print()
    console.print(verdict(found), style="bold")
