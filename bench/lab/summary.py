"""summary.md: the tables and the circumstances, to read and to pass on."""

from bench.lab import bars, text
from bench.lab.analysis import Table


def _markdown_table(columns: tuple[str, ...], lines: list[list[str]]) -> list[str]:
    rows = ["| " + " | ".join(columns) + " |", "|---" + "|---:" * (len(columns) - 1) + "|"]
    return rows + ["| " + " | ".join(line + [""] * (len(columns) - len(line))) + " |"
                   for line in lines]


def render(table: Table, about: dict) -> str:
    """The whole file; `about` is the content of run.json."""
    machine = about["machine"]
    lines = [
        f"# {about['command']}",
        "",
        f"{about['started']}, {machine['cpu']}, {machine['cores']} cores, kernel "
        f"{machine['kernel']}, {machine['gcc']}; {about['reps']} repetitions, seed "
        f"{about['seed']}, load {about['load_before'][0]} before and {about['load_after'][0]} "
        "after.",
        "",
        text.LEGEND,
        "",
    ]
    if about["interrupted"]:
        lines += ["**Interrupted: this is what was finished.**", ""]
    lines += [f"{peer['name']} is not installed (package {peer['package']})."
              for peer in about["missing"]]
    overall = table.overall()
    if overall:
        lines += ["## All rows", ""]
        lines += _markdown_table(text.OVERALL_COLUMNS, [text.overall(line) for line in overall])
        lines.append("")
        if text.without_means(table):
            lines += [text.without_means(table), ""]
    lines += ["## Speeds, M ops/s", ""] + _markdown_table(*text.glance(table)) + [""]
    asked = bars.judge(table)
    if asked:
        lines += ["## Bars", "", text.BARS_LEGEND, ""]
        lines += _markdown_table(text.BAR_COLUMNS, [text.bar(bar) for bar in asked])
        lines += ["", f"{text.bars_met(asked)}.", ""]
    for row in table.rows:
        cells = [cell for cell in table.cells(row) if cell.speed or cell.failures or cell.left_out]
        lines += [f"## {row.program} {row.params}", "", f"{row.load}.", ""]
        lines += _markdown_table(text.COLUMNS, [text.cell(cell) for cell in cells])
        lines += ["", *(f"- {line}" for line in text.failures(cells)), ""]
    return "\n".join(lines)
