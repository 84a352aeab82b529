"""Comparisons with one variant as words: on the terminal, in summary.md, in comparisons.csv."""

import csv
import io
from dataclasses import dataclass

from rich.console import Console

from bench.lab.base import screen
from bench.lab.judge import compare, outliers, stats
from bench.lab.judge.analysis import Table
from bench.lab.judge.compare import Comparison, Overall
from bench.lab.judge.measures import MEASURES, PEAK, SPEED, TIME, Measure
from bench.lab.select.variants import Variant
from bench.lab.show import text

LEGEND = (
    "Ratios are B over A, medians of pairs that ran one right after the other.  The 95 % "
    "interval holds the true ratio in 19 of 20 such measurements.  better and worse hold for all "
    "rows of a measure together by Holm's correction: the more rows are looked at, the clearer "
    "each must be, as one in twenty differs by chance.  unsure: the row's own interval shows a "
    f"difference, all rows together do not.  {stats.TOO_FEW}: fewer than {stats.LEAST_PAIRS} pairs."
)
_STYLES = {"better": "green", "worse": "red", "unsure": "yellow", "same": "",
           stats.TOO_FEW: "yellow"}
CSV_COLUMNS = ("variant_a", "variant_b", "measure", "unit", "benchmark", "parameters", "a", "b",
               "ratio", "low", "high", "p", "verdict")


@dataclass(frozen=True)
class Outcome:
    """All measures of B against A, and what they come to."""

    a: Variant
    b: Variant
    rows: dict[Measure, list[Comparison]]  # no measure without rows

    @property
    def overall(self) -> list[Overall]:
        """One line for each measure that there are numbers for."""
        return [compare.overall(rows) for rows in self.rows.values()]

    @property
    def verdict(self) -> str:
        """One sentence; what is missing if there is nothing to say."""
        lines = {line.measure: line for line in self.overall}
        if self.lead is None:
            return f"No row has numbers for both {self.a.name} and {self.b.name}."
        return compare.verdict(lines[self.lead], lines.get(PEAK), self.a.name, self.b.name)

    @property
    def found(self) -> bool:
        """Whether anything is surely better or worse, in any measure."""
        return any(line.better or line.worse for line in self.overall)

    @property
    def told(self) -> bool:
        """Whether any row has enough runs to tell."""
        return any(one.ratio.enough for rows in self.rows.values() for one in rows)

    @property
    def lead(self) -> Measure | None:
        """What the verdict is about first."""
        return next((measure for measure in (SPEED, TIME) if measure in self.rows), None)


def outcomes(table: Table, a: Variant, others: list[Variant]) -> list[Outcome]:
    """Each of the others against A."""
    found = {measure: compare.compare(table, a, others, measure) for measure in MEASURES}
    return [Outcome(a, b, {measure: rows[i] for measure, rows in found.items() if rows[i]})
            for i, b in enumerate(others)]


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def cells(one: Comparison, b: str) -> list[str]:
    """Row, A, B, ratio with interval, words."""
    return [
        one.row.title, _number(one.a), _number(one.b),
        f"{one.ratio.value:.3f}", text.interval(one.ratio),
        one.verdict, compare.words(one, b),
    ]


def columns(outcome: Outcome, measure: Measure) -> list[str]:
    """The heads of cells."""
    return [measure.head, f"A: {outcome.a.name}", f"B: {outcome.b.name}", "B / A",
            "95 % interval", "verdict", "in words"]


OVERALL_COLUMNS = ("measure", "B / A", "better", "worse", "unsure", "same", stats.TOO_FEW,
                   "B is worst in")


def overall_cells(line: Overall) -> list[str]:
    """In the order of OVERALL_COLUMNS."""
    worst = line.worst
    return [
        line.measure.name, f"{line.mean:.3f}",
        *map(str, (line.better, line.worse, line.unsure, line.same, line.too_few)),
        f"{worst.row.title} ({worst.ratio.value:.3f})" if worst.ratio.enough
        else stats.too_few(line.pairs),
    ]


SEVERAL_COLUMNS = ("variant", *OVERALL_COLUMNS)


def several(outcomes: list[Outcome]) -> list[list[str]]:
    """What several comparisons come to, in speed or time and in memory, in the order of
    SEVERAL_COLUMNS."""
    return [[outcome.b.name, *overall_cells(line)] for outcome in outcomes
            for line in outcome.overall if line.measure in (outcome.lead, PEAK)]


def glance(outcomes: list[Outcome], measure: Measure) -> list[tuple[str, list[list[str]]]]:
    """For each row its title and a line for each variant: A, then the others, best first."""
    found = []
    for row in dict.fromkeys(one.row for outcome in outcomes
                             for one in outcome.rows.get(measure, [])):
        lines = [(one, outcome.b.name) for outcome in outcomes
                 for one in outcome.rows.get(measure, []) if one.row == row]
        lines.sort(key=lambda line: line[0].b, reverse=measure.more_is_better)
        first = [outcomes[0].a.name, _number(lines[0][0].a), "", "", "", ""]
        found.append((row.title, [first] + [
            [name, *cells(one, name)[2:5], one.verdict, compare.words(one, "")]
            for one, name in lines]))
    return found


def glance_heads(measure: Measure) -> list[str]:
    """The heads of glance."""
    return ["variant", measure.head, "/ A", "95 % interval", "verdict",
            "in words"]


def verdicts(outcomes: list[Outcome]) -> list[str]:
    """A sentence for each comparison; one for all of several that found nothing."""
    silent = [outcome.b.name for outcome in outcomes if outcome.told and not outcome.found]
    if len(silent) < 2:
        return [outcome.verdict for outcome in outcomes]
    return [outcome.verdict for outcome in outcomes if outcome.b.name not in silent] + [
        f"No sure difference from {outcomes[0].a.name} in any measure: {', '.join(silent)}."]


def failures(table: Table) -> list[str]:
    """The runs without numbers."""
    return [f"{cell.variant.name}: {row.title}: {'; '.join(cell.failures)}"
            for row in table.rows for cell in table.cells(row) if cell.failures]


def _circumstances(about: dict) -> list[str]:
    machine = about["machine"]
    lines = [
        f"{about['started']}, {machine['cpu']}, {machine['cores']} cores, kernel "
        f"{machine['kernel']}, {machine['gcc']}; {about['reps']} pairs, seed {about['seed']}, "
        f"load {about['load_before'][0]} before and {about['load_after'][0]} after, "
        f"{about['steal_percent']} % of the time stolen, processors "
        f"{', '.join(map(str, about['affinity']))}.", "",
        *(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), "",
    ]
    if about["interrupted"]:
        lines += ["**Interrupted: this is what was finished.**", ""]
    return lines


def _markdown_outcome(outcome: Outcome, level: str) -> list[str]:
    lines = []
    if outcome.rows:
        lines += [f"{level} All rows", ""]
        lines += text.markdown(OVERALL_COLUMNS, [overall_cells(one) for one in outcome.overall])
        lines.append("")
    for measure, rows in outcome.rows.items():
        lines += [f"{level} {measure.name}", ""]
        lines += text.markdown(columns(outcome, measure),
                               [cells(one, outcome.b.name) for one in rows])
        lines.append("")
    return lines


def _markdown_glance(outcomes: list[Outcome]) -> list[str]:
    lines = []
    for measure in dict.fromkeys(one.lead for one in outcomes if one.lead):
        for title, cells_ in glance(outcomes, measure):
            lines += [f"## {title}", "", *text.markdown(glance_heads(measure), cells_), ""]
    return lines


def markdown(outcomes: list[Outcome], table: Table, about: dict) -> str:
    """summary.md.  `outcomes` have the same A."""
    lines = [f"# {about['command']}", ""]
    for line in verdicts(outcomes):
        lines += [line, ""]
    lines += _circumstances(about)
    lines += [*(f"- {line}" for line in failures(table)), "", LEGEND, ""]
    if len(outcomes) == 1:
        lines += _markdown_outcome(outcomes[0], "##")
    else:
        lines += [f"## All rows, against {outcomes[0].a.name}", ""] if outcomes else []
        lines += text.markdown(SEVERAL_COLUMNS, several(outcomes)) + [""]
        lines += _markdown_glance(outcomes)
        for outcome in outcomes:
            lines += [f"## {outcome.b.name} against {outcome.a.name}", ""]
            lines += _markdown_outcome(outcome, "###")
    lines += outliers.lines(table)
    return "\n".join(lines)


def as_csv(outcomes: list[Outcome]) -> str:
    """comparisons.csv: a line for each comparison, measure and row; `low` and `high` are empty
    with too few runs for an interval."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for outcome in outcomes:
        for measure, rows in outcome.rows.items():
            for one in rows:
                low, high = (one.ratio.low, one.ratio.high) if one.ratio.enough else (None, None)
                writer.writerow([
                    outcome.a.name, outcome.b.name, measure.name, measure.unit, one.row.program,
                    one.row.params, *("" if value is None else f"{value:.6g}" for value in (
                        one.a, one.b, one.ratio.value, low, high, one.p)),
                    one.verdict,
                ])
    return file.getvalue()


def _put(console: Console, heads: list[str], lines: list[list[str]], styles: list[str],
         title: str = "") -> None:
    ends = (0, len(heads) - 1)
    screen.put(console, heads, lines, title=title, styles=styles, words=ends, folds=ends)
    console.print()


def _show_pair(console: Console, outcome: Outcome) -> None:
    """Speed row by row, the other measures in one line each."""
    if outcome.lead is None:
        return
    rows = outcome.rows[outcome.lead]
    heads = columns(outcome, outcome.lead)
    lines = [cells(one, outcome.b.name) for one in rows]
    _put(console, heads[:5] + heads[6:], [line[:5] + line[6:] for line in lines],
         [_STYLES[one.verdict] for one in rows])
    _put(console, list(OVERALL_COLUMNS), [overall_cells(one) for one in outcome.overall],
         [""] * len(outcome.overall))


def _show_glance(console: Console, outcomes: list[Outcome]) -> None:
    """Each row with all variants."""
    for measure in dict.fromkeys(one.lead for one in outcomes if one.lead):
        heads = glance_heads(measure)
        for title, lines in glance(outcomes, measure):
            _put(console, heads[:4] + heads[5:], [line[:4] + line[5:] for line in lines],
                 [_STYLES.get(line[4], "") for line in lines], title)


def show(console: Console, outcomes: list[Outcome], table: Table, about: dict) -> None:
    """What was compared, doubts, the verdicts."""
    if len(outcomes) == 1:
        _show_pair(console, outcomes[0])
    else:
        _show_glance(console, outcomes)
    console.print(LEGEND, style="dim")
    for line in failures(table):
        console.print(line, style="bold red", markup=False)
    for doubt in about["doubts"]:
        console.print(f"doubtful: {doubt}", style="yellow", markup=False)
    for line in verdicts(outcomes):
        console.print(line, style="bold")
