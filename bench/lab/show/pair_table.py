"""Comparisons of B with A as tables and as CSV."""

from collections.abc import Iterator

from bench.lab.judge import scale
from bench.lab.judge.compare import VERDICTS, Comparison
from bench.lab.judge.measures import PEAK, PRIMARY, Measure
from bench.lab.judge.pairs import Outcome
from bench.lab.judge.tally import Tally
from bench.lab.show import csv_file
from bench.lab.show.numbers import fixed, interval, signed
from bench.lab.show.pair_words import effect
from bench.lab.show.table import Line, Table, plain
from bench.lab.stats.estimate import FEW_RUNS

_TALLY_HEADS = ("measure", "B / A", *VERDICTS, "B is worst in")
_COLUMNS = ("variant_a", "variant_b", "measure", "unit", "benchmark", "parameters", "a", "b",
            "scale", "effect", "low", "high", "p_differs", "p_same", "at_least", "at_most",
            "rounds", "layouts", "occasions", "family", "verdict")


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _look(one: Comparison) -> str:
    return one.verdict.replace(" ", "-")


def _effect(one: Comparison) -> str:
    """As 1.031, or +12 where there is no ratio."""
    return f"{one.effect.value:.3f}" if one.scale is scale.RATIO else signed(one.effect.value)


def _interval(one: Comparison) -> str:
    if one.scale is scale.RATIO or not one.effect.enough:
        return interval(one.effect)
    return f"{signed(one.effect.low)}..{signed(one.effect.high)}"


def _wide(heads: list[str] | tuple[str, ...], lines: list[Line], title: str = "") -> Table:
    """A table whose first and last columns are words."""
    ends = (0, len(heads) - 1)
    return Table(heads, lines, title, left=ends, folds=ends)


def comparisons(outcome: Outcome, measure: Measure) -> Table:
    """The rows of one measure."""
    heads = [measure.head, f"A: {outcome.a.name}", f"B: {outcome.b.name}", "B / A",
             "95 % interval", "verdict", "in words"]
    return _wide(heads, [
        Line([one.row.title, _number(one.a), _number(one.b), _effect(one), _interval(one),
              one.verdict, effect(one, outcome.b.name)], _look(one))
        for one in outcome.rows[measure]],
        measure.name if measure in PRIMARY else f"{measure.name} (explored)")


def tallies(outcome: Outcome) -> Table:
    """A line for each measure."""
    return _wide(_TALLY_HEADS, [Line(_tally(one)) for one in outcome.tallies])


def _tally(one: Tally) -> list[str]:
    worst = f"{one.worst.row.title} ({_effect(one.worst)})" if one.worst.effect.enough else FEW_RUNS
    return [one.measure.name, fixed(one.mean, 3), *(str(one.count[word]) for word in VERDICTS),
            worst]


def several(outcomes: list[Outcome]) -> Table:
    """A line for each of several outcomes, in speed or time and in memory."""
    return plain(("variant", *_TALLY_HEADS), [
        [outcome.b.name, *_tally(one)] for outcome in outcomes
        for one in outcome.tallies if one.measure in (outcome.lead, PEAK)])


def rows_of_several(outcomes: list[Outcome]) -> Iterator[Table]:
    """For each row a table with a line for each variant: A, then the others, best first."""
    for measure in dict.fromkeys(one.lead for one in outcomes if one.lead):
        of_measure = [(one, outcome.b.name) for outcome in outcomes
                      for one in outcome.rows.get(measure, [])]
        for row in dict.fromkeys(one.row for one, _ in of_measure):
            found = [(one, name) for one, name in of_measure if one.row == row]
            found.sort(key=lambda line: line[0].b, reverse=measure.more_is_better)
            yield _wide(
                ["variant", measure.head, "/ A", "95 % interval", "verdict", "in words"],
                [Line([outcomes[0].a.name, _number(found[0][0].a), "", "", "", ""]),
                 *(Line([name, _number(one.b), _effect(one), _interval(one), one.verdict,
                         effect(one, "")], _look(one)) for one, name in found)],
                row.title)


def csv(outcomes: list[Outcome]) -> str:
    """comparisons.csv: a line for each comparison, measure and row.  `effect` is B over A, or B
    less A, as `scale` says; `low` and `high` are empty with too few runs for an interval; `p_*` are
    corrected for the family; `at_least` and `at_most` are shares of A."""
    return csv_file.text(_COLUMNS, (
        [outcome.a.name, outcome.b.name, measure.name, measure.unit, one.row.program,
         one.row.params, *csv_file.numbers((one.a, one.b), 6), one.scale.name,
         *csv_file.numbers((one.effect.value, *csv_file.ends(one.effect), one.p_differs,
                            one.p_same, one.at_least, one.at_most), 6),
         one.rounds, one.layouts, one.occasions,
         "primary" if measure in PRIMARY else "explored", one.verdict]
        for outcome in outcomes for measure, rows in outcome.rows.items() for one in rows))
