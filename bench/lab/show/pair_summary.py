"""summary.md of a comparison of variants with one of them."""

from bench.lab.judge.pairs import Outcome, Pairs
from bench.lab.show import markdown, pair_table, pair_words
from bench.lab.show.markdown import section


def _of_outcome(outcome: Outcome, level: int) -> list[str]:
    lines = []
    if outcome.rows:
        lines += section("All rows", markdown.table(pair_table.tallies(outcome)), level=level)
    for measure in outcome.rows:
        lines += section(measure.name, markdown.table(pair_table.comparisons(outcome, measure)),
                         level=level)
    return lines


def render(pairs: Pairs, about: dict) -> str:
    """The whole file; `about` is the content of run.json."""
    outcomes = pairs.outcomes
    lines = [f"# {about['command']}", ""]
    for line in pair_words.verdicts(outcomes):
        lines += [line, ""]
    lines += markdown.circumstances(
        about, f"{about['reps']} rounds, seed {about['seed']}, "
        f"load {about['load_before'][0]} before and {about['load_after'][0]} after, "
        f"{about['steal_percent']} % of the time stolen, processors "
        f"{', '.join(map(str, about['affinity']))}.")
    lines += [markdown.layouts(about), "", *markdown.doubts(about)]
    lines += [*markdown.bullets(failures(pairs)), "", pair_words.LEGEND, ""]
    if len(outcomes) == 1:
        lines += _of_outcome(outcomes[0], 2)
    else:
        several = markdown.table(pair_table.several(outcomes))
        lines += section(f"All rows, against {pairs.a.name}", several)
        for table in pair_table.rows_of_several(outcomes):
            lines += section(table.title, markdown.table(table))
        for outcome in outcomes:
            lines += section(f"{outcome.b.name} against {outcome.a.name}")
            lines += _of_outcome(outcome, 3)
    lines += markdown.outliers(pairs.outliers)
    return "\n".join(lines)


def failures(pairs: Pairs) -> list[str]:
    """The runs without numbers."""
    return [f"{cell.variant.name}: {row.title}: {'; '.join(cell.failures)}"
            for row in pairs.cells.rows for cell in pairs.cells.in_row(row) if cell.failures]
