"""The changes since an earlier measurement as a table, as sentences, as CSV."""

import statistics

from bench.lab.judge import stats
from bench.lab.judge.measures import PEAK, SPEED
from bench.lab.judge.regress import Change
from bench.lab.run.earlier import Earlier
from bench.lab.show import csv_file
from bench.lab.show.numbers import fixed, interval
from bench.lab.show.table import Line, Table

_HEADS = ("row", "variant", "measure", "then", "now", "now / then", "system now / then",
          "to system's", "95 % interval", "verdict")
_COLUMNS = ("benchmark", "parameters", "variant", "measure", "then", "now", "plain_ratio",
            "system_ratio", "ratio", "low", "high", "p", "verdict", "mark")
MOVED = 0.05  # the system's malloc by more: the machine is not as it was


def table(changes: list[Change], title: str = "") -> Table:
    """A line for each change."""
    last = len(_HEADS) - 1
    return Table(_HEADS, [Line(_words(one), "worse" if one.verdict == "worse" else "")
                          for one in changes], title, left=(0, last), folds=(0, last - 1))


def _words(one: Change) -> list[str]:
    return [
        one.row.title, one.variant.name, one.measure.head, f"{one.then:.3g}", f"{one.now:.3g}",
        f"{one.now / one.then:.3f}", fixed(one.system, 3), f"{one.ratio.value:.3f}",
        interval(one.ratio), f"{one.verdict} ({one.mark})" if one.mark else one.verdict,
    ]


def sentences(changes: list[Change], earlier: Earlier, about: dict) -> list[str]:
    """Sentences about the whole comparison."""
    lines = []
    differ = earlier.other_machine(about["machine"])
    if differ:
        lines.append(f"Doubtful: measured on different machines ({'; '.join(differ)}).")
    for measure in (SPEED, PEAK):
        of = [one for one in changes if one.measure is measure and one.variant.kind == "profile"]
        count = {word: sum(one.verdict == word for one in of)
                 for word in ("better", "worse", "unsure", "same", stats.TOO_FEW)}
        lines.append(f"{measure.name}: of {len(of)} rows of hakmem's variants "
                     + ", ".join(f"{n} {word}" for word, n in count.items()
                                 if n or word != stats.TOO_FEW) + ".")
    moved = {one.row.key: one.system for one in changes if one.system is not None}
    if moved:
        mean = statistics.geometric_mean(moved.values())
        if abs(mean - 1) > MOVED:
            lines.append(f"The system's malloc, which did not change, is at {mean:.2f} of its speed "
                         "then: the machine is another one, or otherwise busy.  Verdicts on speed "
                         "are relative to it.")
    return lines


def csv(changes: list[Change]) -> str:
    """regressions.csv: a line for each change; speeds are M ops/s, peaks MiB; `low` and `high` are
    empty with too few runs for an interval."""
    return csv_file.text(_COLUMNS, (
        [one.row.program, one.row.params, one.variant.name, one.measure.name,
         *csv_file.numbers((one.then, one.now, one.now / one.then, one.system, one.ratio.value,
                            *csv_file.ends(one.ratio), one.p), 12),
         one.verdict, one.mark] for one in changes))
