"""The changes since an earlier measurement as a table, as sentences, as CSV."""

import statistics

from bench.lab.judge.compare import LOST, VERDICTS
from bench.lab.judge.measures import PEAK, SPEED
from bench.lab.judge.regress import Change
from bench.lab.run.earlier import Earlier
from bench.lab.show import csv_file
from bench.lab.show.numbers import fixed, interval
from bench.lab.show.table import Line, Table
from bench.lab.stats.estimate import TOO_FEW

_HEADS = ("row", "variant", "measure", "then", "now", "now / then", "system now / then",
          "to system's", "95 % interval", "verdict")
_COLUMNS = ("benchmark", "parameters", "variant", "measure", "then", "now", "plain_ratio",
            "system_ratio", "ratio", "low", "high", "p_differs", "p_same", "verdict", "mark")
MOVED = 0.05  # the system's malloc by more: the machine is not as it was


def table(changes: list[Change], title: str = "") -> Table:
    """A line for each change."""
    last = len(_HEADS) - 1
    return Table(_HEADS, [Line(_words(one), "worse" if one.judged.verdict == "worse" else "")
                          for one in changes], title, left=(0, last), folds=(0, last - 1))


def _words(one: Change) -> list[str]:
    of = one.judged
    return [
        of.row.title, one.variant.name, of.measure.head, f"{of.a:.3g}", f"{of.b:.3g}",
        f"{of.b / of.a:.3f}", fixed(one.system, 3), f"{of.effect.value:.3f}",
        interval(of.effect), f"{of.verdict} ({one.mark})" if one.mark else of.verdict,
    ]


def sentences(changes: list[Change], earlier: Earlier, about: dict) -> list[str]:
    """Sentences about the whole comparison."""
    lines = []
    differ = earlier.other_machine(about["machine"])
    if differ:
        lines.append(f"Doubtful: measured on different machines ({'; '.join(differ)}).")
    for measure in (SPEED, PEAK):
        of = [one for one in changes if one.judged.measure is measure and one.variant.kind == "profile"]
        count = {word: sum(one.judged.verdict == word for one in of) for word in VERDICTS}
        lines.append(f"{measure.name}: of {len(of)} rows of hakmem's variants "
                     + ", ".join(f"{n} {word}" for word, n in count.items()
                                 if n or word not in (TOO_FEW, LOST)) + ".")
    moved = {one.judged.row.key: one.system for one in changes if one.system is not None}
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
        [of.row.program, of.row.params, one.variant.name, of.measure.name,
         *csv_file.numbers((of.a, of.b, of.b / of.a, one.system, of.effect.value,
                            *csv_file.ends(of.effect), of.p_differs, of.p_same), 12),
         of.verdict, one.mark] for one in changes for of in [one.judged]))
