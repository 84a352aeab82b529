"""What fitted profiles gain, as a table, as the part of docs/fit.md, and as fit.csv."""

from dataclasses import dataclass

from bench.lab.fit.fitted import FittedProgram
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import PEAK, TIME
from bench.lab.judge.pairs import Outcome
from bench.lab.select.variant import Variant
from bench.lab.show import csv_file, markdown
from bench.lab.show.numbers import fixed
from bench.lab.show.table import Table, plain
from bench.lab.stats.estimate import TOO_FEW

HALF = 0.5  # of the default's avoidable rounding
MOST_WORSE = 1.0  # percentage points, with the input held out
_HEADS = ("program", "classes", "rounding %, default", "fitted", "avoidable %, default", "fitted",
          "held out: rounding %, default", "fitted",
          "peak MiB, fitted", "default", "leanest peer", "time of the default's", "faster peers")
_COLUMNS = ("program", "classes", "seen_default_percent", "seen_fitted_percent",
            "seen_default_avoidable_percent", "seen_fitted_avoidable_percent",
            "held_out_default_percent", "held_out_fitted_percent", "peak_fitted_mib",
            "peak_default_mib", "peer", "peak_peer_mib", "time_ratio", "time_low", "time_high",
            "faster")


@dataclass(frozen=True)
class Gain:
    """The gain of the fit for one program.  Peaks are MiB, medians of the runs with the input held
    out; None where there are none."""

    program: FittedProgram
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
        seen = self.program.seen
        return seen.fitted_avoidable <= HALF * seen.default_avoidable

    @property
    def holds(self) -> bool:
        """Whether it is hardly worse with the input held out."""
        return self.program.held_out.fitted <= self.program.held_out.default + MOST_WORSE

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


def gains(programs: list[FittedProgram], outcomes: list[Outcome]) -> list[Gain]:
    """One for each program; `outcomes` are those of all others against the fitted variant."""
    found = []
    for program in programs:
        peaks, times = (
            [(one.b, row) for one in outcomes for row in one.rows.get(measure, [])
             if row.row.key == program.row.key] for measure in (PEAK, TIME))
        default = _of_default(peaks)
        peer_peak, peer = min(((row.b, one.name) for one, row in peaks if one.is_peer),
                              default=(None, ""))
        preloaded = min((row.b for one, row in peaks if one.kind == "peer"), default=None)
        found.append(Gain(
            program, peaks[0][1].a if peaks else None, default.b if default else None,
            peer, peer_peak, preloaded, _of_default(times),
            tuple(one.name for one, row in times if row.verdict == "better"),
            all(row.enough for _, row in peaks + times),
        ))
    return found


def _of_default(found: list[tuple[Variant, Comparison]]) -> Comparison | None:
    return next((row for one, row in found if one.kind == "profile"), None)


def table(found: list[Gain]) -> Table:
    """A line for each program."""
    return plain(_HEADS, [_words(one) for one in found], folds=range(len(_HEADS)))


def _words(one: Gain) -> list[str]:
    seen, held_out = one.program.seen, one.program.held_out
    ratio = one.time.effect if one.time else None
    return [
        one.program.load.name, str(one.program.classes),
        *(fixed(value, 2) for value in (
            seen.default, seen.fitted, seen.default_avoidable, seen.fitted_avoidable,
            held_out.default, held_out.fitted)),
        fixed(one.peak, 1), fixed(one.default_peak, 1),
        f"{fixed(one.peer_peak, 1)} ({one.peer})" if one.peer else "",
        f"{1 / ratio.value:.3f} ({1 / ratio.high:.3f} to {1 / ratio.low:.3f})"
        if ratio and ratio.enough else "", _faster(one) or "none",
    ]


def _faster(one: Gain) -> str:
    return ", ".join(one.faster) if one.told else f"{TOO_FEW} runs to tell"


def verdict(found: list[Gain]) -> str:
    """The sentence below the table."""
    few = sum(not one.told for one in found)
    return (
        f"Of the rounding that classes can avoid, what is left is at most half of the default's in "
        f"{sum(one.halved for one in found)} of {len(found)} programs; on the held-out input, "
        f"rounding is at most {MOST_WORSE:g} percentage point worse than the default's in "
        f"{sum(one.holds for one in found)}. In "
        f"{sum(one.leanest for one in found)} the fitted profile has a smaller peak than every peer, "
        f"in {sum(one.leaner_than_preloaded for one in found)} than every peer but the C library, "
        "and nothing is surely faster."
        + (f" In {few} there are {TOO_FEW} runs to tell." if few else "")
    )


def section(found: list[Gain], left_out: list[str], about: dict) -> str:
    """The table and what it comes to."""
    machine = about["machine"]
    return "\n".join([
        *markdown.table(table(found)), "", verdict(found),
        *markdown.bullets([f"left out: {line}" for line in left_out]), "",
        f"Medians of {about['reps']} rounds on {machine['cpu']}, {machine['cores']} "
        f"cores, Linux {machine['kernel']}; 95 % intervals.", ""])


def csv(found: list[Gain]) -> str:
    """fit.csv: a line for each program."""
    return csv_file.text(_COLUMNS, map(_fields, found))


def _fields(one: Gain) -> list[object]:
    seen, held_out = one.program.seen, one.program.held_out
    ratio = one.time.effect if one.time and one.time.effect.enough else None
    times = [1 / ratio.value, 1 / ratio.high, 1 / ratio.low] if ratio else [None] * 3
    before = [seen.default, seen.fitted, seen.default_avoidable, seen.fitted_avoidable,
              held_out.default, held_out.fitted, one.peak, one.default_peak]
    return [one.program.load.name, one.program.classes, *(fixed(value, 4) for value in before),
            one.peer, *(fixed(value, 4) for value in (one.peer_peak, *times)),
            " ".join(one.faster) if one.told else TOO_FEW]
