"""Comparisons of B with A as tables, as sentences, as CSV."""

from collections.abc import Iterator

from bench.lab.judge import stats
from bench.lab.judge.compare import Comparison, Tally
from bench.lab.judge.measures import PEAK, Measure
from bench.lab.judge.pairs import Outcome
from bench.lab.show import csv_file
from bench.lab.show.numbers import interval
from bench.lab.show.table import Line, Table, plain

LEGEND = (
    "Ratios are B over A, medians of pairs that ran one right after the other.  The 95 % "
    "interval holds the true ratio in 19 of 20 such measurements.  better and worse hold for all "
    "rows of a measure together by Holm's correction: the more rows are looked at, the clearer "
    "each must be, as one in twenty differs by chance.  unsure: the row's own interval shows a "
    f"difference, all rows together do not.  {stats.TOO_FEW}: fewer than {stats.LEAST_PAIRS} pairs."
)
_TALLY_HEADS = ("measure", "B / A", "better", "worse", "unsure", "same", stats.TOO_FEW,
                "B is worst in")
_COLUMNS = ("variant_a", "variant_b", "measure", "unit", "benchmark", "parameters", "a", "b",
            "ratio", "low", "high", "p", "verdict")


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _look(one: Comparison) -> str:
    return one.verdict.replace(" ", "-")


def _wide(heads: list[str] | tuple[str, ...], lines: list[Line], title: str = "") -> Table:
    """A table whose first and last columns are words."""
    ends = (0, len(heads) - 1)
    return Table(heads, lines, title, left=ends, folds=ends)


def comparisons(outcome: Outcome, measure: Measure) -> Table:
    """The rows of one measure."""
    heads = [measure.head, f"A: {outcome.a.name}", f"B: {outcome.b.name}", "B / A",
             "95 % interval", "verdict", "in words"]
    return _wide(heads, [
        Line([one.row.title, _number(one.a), _number(one.b), f"{one.ratio.value:.3f}",
              interval(one.ratio), one.verdict, effect(one, outcome.b.name)], _look(one))
        for one in outcome.rows[measure]], measure.name)


def tallies(outcome: Outcome) -> Table:
    """A line for each measure."""
    return _wide(_TALLY_HEADS, [Line(_tally(one)) for one in outcome.tallies])


def _tally(one: Tally) -> list[str]:
    return [
        one.measure.name, f"{one.mean:.3f}",
        *map(str, (one.better, one.worse, one.unsure, one.same, one.too_few)),
        f"{one.worst.row.title} ({one.worst.ratio.value:.3f})" if one.worst.ratio.enough
        else stats.too_few(one.pairs),
    ]


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
                 *(Line([name, _number(one.b), f"{one.ratio.value:.3f}", interval(one.ratio),
                         one.verdict, effect(one, "")], _look(one)) for one, name in found)],
                row.title)


# ---- sentences ---------------------------------------------------------------------------------


def _percent(ratio: float) -> float:
    return 100 * abs(ratio - 1)


def effect(one: Comparison, b: str) -> str:
    """The effect in plain words: "B faster by 3.1 %, 2.4 to 3.9"; `b` may be empty."""
    if one.verdict == stats.TOO_FEW:
        return stats.too_few(one.pairs)
    if one.verdict == "same":
        seen = f"{one.visible:.2g}" if one.visible < 10 else f"{one.visible:.0f}"
        return f"no difference found; would have seen {seen} %"
    name = one.measure.better if one.is_better else one.measure.worse
    near, far = sorted((_percent(one.ratio.low), _percent(one.ratio.high)))
    text = f"{b} {name} by {_percent(one.ratio.value):.1f} %, {near:.1f} to {far:.1f}".strip()
    return text if one.sure else text + "; one of so many rows may do this by chance"


def verdicts(outcomes: list[Outcome]) -> list[str]:
    """A sentence for each outcome; one for all of several that found nothing."""
    silent = [outcome.b.name for outcome in outcomes if outcome.told and not outcome.found]
    if len(silent) < 2:
        return [_verdict(outcome) for outcome in outcomes]
    return [_verdict(outcome) for outcome in outcomes if outcome.b.name not in silent] + [
        f"No sure difference from {outcomes[0].a.name} in any measure: {', '.join(silent)}."]


def _verdict(outcome: Outcome) -> str:
    """One sentence for speed or time, and for memory."""
    a, b = outcome.a.name, outcome.b.name
    if outcome.lead is None:
        return f"No row has numbers for both {a} and {b}."
    found = {one.measure: one for one in outcome.tallies}
    text = f"{b} against {a}, {outcome.lead.name}: {_way(found[outcome.lead], b)}"
    return text + (f"; memory: {_way(found[PEAK], b)}." if PEAK in found else ".")


def _way(one: Tally, b: str) -> str:
    total = one.better + one.worse + one.unsure + one.same
    if not total:
        return stats.too_few(one.pairs)
    few = f", {stats.TOO_FEW} runs to tell in {one.too_few} more" if one.too_few else ""
    better, worse = one.measure.better, one.measure.worse
    if one.better == one.worse == 0:
        return f"no row of {total} in which {b} is {better} or {worse} for sure{few}"
    parts = [f"{name} in {count}" for name, count in ((better, one.better), (worse, one.worse))
             if count]
    name = better if (one.mean > 1) == one.measure.more_is_better else worse
    return f"{b} is {' and '.join(parts)} of {total} rows, {name} by " \
           f"{_percent(one.mean):.1f} % on average{few}"


# ---- CSV ---------------------------------------------------------------------------------------


def csv(outcomes: list[Outcome]) -> str:
    """comparisons.csv: a line for each comparison, measure and row; `low` and `high` are empty
    with too few runs for an interval."""
    return csv_file.text(_COLUMNS, (
        [outcome.a.name, outcome.b.name, measure.name, measure.unit, one.row.program,
         one.row.params, *csv_file.numbers((one.a, one.b, one.ratio.value,
                                            *csv_file.ends(one.ratio), one.p), 6), one.verdict]
        for outcome in outcomes for measure, rows in outcome.rows.items() for one in rows))
