"""A comparison of two variants as words: on the terminal, in summary.md, in comparisons.csv."""

import csv
import io

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from bench.lab import compare
from bench.lab.analysis import Table
from bench.lab.compare import MEASURES, SPEED, Comparison, Measure, Overall
from bench.lab.variants import Variant

LEGEND = (
    "Ratios are B over A, medians of pairs that ran one right after the other, with a 95 % "
    "interval.  better and worse hold for all rows of a measure together (Holm's correction); "
    "unsure: the row's own interval shows a difference, all rows together do not."
)
_STYLES = {"better": "green", "worse": "red", "unsure": "yellow", "same": ""}
CSV_COLUMNS = ("measure", "unit", "benchmark", "parameters", "a", "b", "ratio", "low", "high", "p",
               "verdict")


class Outcome:
    """All measures of a comparison, and what they come to."""

    def __init__(self, table: Table, a: Variant, b: Variant) -> None:
        self.a, self.b = a, b
        self.failed = table.failed
        found = {measure: compare.compare(table, a, b, measure) for measure in MEASURES}
        self.rows: dict[Measure, list[Comparison]] = {m: rows for m, rows in found.items() if rows}

    @property
    def overall(self) -> list[Overall]:
        """One line for each measure that there are numbers for."""
        return [compare.overall(rows) for rows in self.rows.values()]

    @property
    def verdict(self) -> str:
        """One sentence; what is missing if there is nothing to say."""
        by_name = {line.measure.name: line for line in self.overall}
        if SPEED.name not in by_name:
            return f"No row has numbers for both {self.a.name} and {self.b.name}."
        return compare.verdict(
            by_name[SPEED.name], by_name.get("peak RSS"), self.a.name, self.b.name)


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def cells(one: Comparison, b: str) -> list[str]:
    """Row, A, B, ratio with interval, words."""
    return [
        f"{one.row.program} {one.row.params}", _number(one.a), _number(one.b),
        f"{one.ratio.value:.3f}", f"{one.ratio.low:.3f}..{one.ratio.high:.3f}",
        one.verdict, compare.words(one, b),
    ]


def columns(outcome: Outcome, measure: Measure) -> list[str]:
    """The heads of cells."""
    unit = f", {measure.unit}" if measure.unit else ""
    return [measure.name + unit, f"A: {outcome.a.name}", f"B: {outcome.b.name}", "B / A",
            "95 % interval", "verdict", "in words"]


OVERALL_COLUMNS = ("measure", "B / A", "better", "worse", "unsure", "same", "B is worst in")


def overall_cells(line: Overall) -> list[str]:
    """In the order of OVERALL_COLUMNS."""
    worst = line.worst
    return [
        line.measure.name, f"{line.mean:.3f}", *map(str, (line.better, line.worse, line.unsure,
                                                         line.same)),
        f"{worst.row.program} {worst.row.params} ({worst.ratio.value:.3f})",
    ]


def _markdown(heads: list[str], lines: list[list[str]]) -> list[str]:
    rule = "|---" + "|---:" * (len(heads) - 1) + "|"
    return ["| " + " | ".join(cells) + " |" for cells in (heads,)] + [rule] + [
        "| " + " | ".join(cells) + " |" for cells in lines]


def markdown(outcome: Outcome, about: dict) -> str:
    """summary.md."""
    machine = about["machine"]
    lines = [
        f"# {about['command']}", "", outcome.verdict, "",
        f"{about['started']}, {machine['cpu']}, {machine['cores']} cores, kernel "
        f"{machine['kernel']}, {machine['gcc']}; {about['reps']} pairs, seed {about['seed']}, "
        f"load {about['load_before'][0]} before and {about['load_after'][0]} after, "
        f"{about['steal_percent']} % of the time stolen, processors "
        f"{', '.join(map(str, about['affinity']))}.", "",
        *(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), "", LEGEND, "",
    ]
    if about["interrupted"]:
        lines += ["**Interrupted: this is what was finished.**", ""]
    if outcome.rows:
        lines += ["## All rows", ""]
        lines += _markdown(list(OVERALL_COLUMNS), [overall_cells(one) for one in outcome.overall])
        lines.append("")
    for measure, rows in outcome.rows.items():
        lines += [f"## {measure.name}", ""]
        lines += _markdown(columns(outcome, measure),
                           [cells(one, outcome.b.name) for one in rows])
        lines.append("")
    return "\n".join(lines)


def as_csv(outcome: Outcome) -> str:
    """comparisons.csv: a line for each measure and row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for measure, rows in outcome.rows.items():
        for one in rows:
            writer.writerow([
                measure.name, measure.unit, one.row.program, one.row.params,
                *(f"{value:.6g}" for value in (one.a, one.b, one.ratio.value, one.ratio.low,
                                               one.ratio.high, one.p)), one.verdict,
            ])
    return text.getvalue()


def _table(heads: list[str], lines: list[list[str]], styles: list[str]) -> RichTable:
    shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i, head in enumerate(heads):
        shown.add_column(head, justify="right" if 0 < i < 5 else "left",
                         overflow="fold", no_wrap=0 < i < 5)
    for line, style in zip(lines, styles):
        shown.add_row(*line, style=style)
    return shown


def show(console: Console, outcome: Outcome, about: dict) -> None:
    """Speed row by row, the other measures in one line each, doubts, the verdict."""
    if SPEED in outcome.rows:
        rows = outcome.rows[SPEED]
        heads = columns(outcome, SPEED)
        lines = [cells(one, outcome.b.name) for one in rows]
        console.print(_table(heads[:5] + heads[6:], [line[:5] + line[6:] for line in lines],
                             [_STYLES[one.verdict] for one in rows]))
        console.print()
        console.print(_table(list(OVERALL_COLUMNS), [overall_cells(one) for one in outcome.overall],
                             [""] * len(outcome.overall)))
        console.print()
    console.print(LEGEND, style="dim")
    for doubt in about["doubts"]:
        console.print(f"doubtful: {doubt}", style="yellow")
    console.print(outcome.verdict, style="bold", soft_wrap=True)
