"""summary.md of the matrix: the tables and the circumstances, to read and to pass on."""

from bench.lab.judge.matrix import Matrix
from bench.lab.judge.regress import MARKED, SEVERE
from bench.lab.judge.strengths import Standing, Strengths
from bench.lab.show import asked_tables, cell_table, change_table, markdown
from bench.lab.show.markdown import section
from bench.lab.stats.estimate import FAMILY, TOO_FEW


def _configuration(about: dict) -> list[str]:
    build = about["build"]
    return [
        *markdown.circumstances(
            about, f"{about['reps']} rounds, seed {about['seed']}, load "
            f"{about['load_before'][0]} before and {about['load_after'][0]} after."),
        f"Built in mode {build.get('mode', 'unknown')}, allocators with "
        f"`{_flags(build.get('copts', []))}`. Profiles, by the start of their files' SHA-256: "
        + ", ".join(f"{name} {digest[:8]}" for name, digest in about["profiles"].items()) + ".",
        "", markdown.layouts(about), "", *markdown.doubts(about),
        *(f"{peer['name']} is not installed (package {peer['package']})."
          for peer in about["missing"])]


def _flags(copts: list[str] | str) -> str:
    return copts if isinstance(copts, str) else " ".join(copts)


def _strengths(found: Strengths | None) -> list[str]:
    """Nothing without the default profile and a peer."""
    if found is None:
        return []
    untold = [f"{TOO_FEW} runs to tell in {found.too_few} of {found.cells} rows"] \
        if found.too_few else []

    def listed(title: str, before: str, lines: list[str]) -> list[str]:
        return section(title, before, markdown.bullets(lines + untold or ["none"]))

    return (
        listed("Strengths", "Where the default profile is surely faster than every peer.",
               [_against(one) for one in found.strong])
        + listed("Weaknesses", "Where a peer is surely faster than the default profile.",
                 [_against(one) for one in found.weak])
        + listed("Bottlenecks", "What the default profile has more of than that peer, in the rows "
                 "in which it is slower.",
                 [f"{one.row.title}: " + ("; ".join(
                     f"{cause.name} {cause.mine}, {one.peer} {cause.theirs}"
                     for cause in one.causes)
                     or "nothing measured stands out") for one in found.weak])
    )


def _against(one: Standing) -> str:
    ratio = one.ratio
    return f"{one.row.title}: {ratio.value:.2f} of {one.peer} ({ratio.low:.2f} to {ratio.high:.2f})"


def _since(found: Matrix, words: list[str]) -> list[str]:
    title = "Against the earlier run"
    if found.changes is None:
        return section(title, "None was named; `--baseline DIR` compares with one.")
    changed = [one for one in found.changes if one.judged.verdict != "same"]
    return section(
        title, f"Against {found.earlier.folder}.", words,
        "Speeds are compared by their ratios to the system's malloc in the same round. Worse "
        f"by {100 * MARKED:.0f} % is marked, by {100 * SEVERE:.0f} % severe. "
        f"Verdicts hold for all rows together: in at most {100 * FAMILY:g} of 100 reports is one "
        f"wrong by chance. {TOO_FEW}: so few runs that even clear ones show nothing.",
        *([markdown.table(change_table.table(changed))] if changed else []))


def render(found: Matrix, about: dict, words: list[str]) -> str:
    """The whole file; `about` is the content of run.json, `words` say what the changes come to."""
    lines = [f"# {about['command']}", "", *_configuration(about), cell_table.LEGEND, ""]
    means = cell_table.means(found.cells)
    if means:
        lines += section("All rows", markdown.table(means), *filter(None, [means.after]))
    lines += section("Speeds, M ops/s", markdown.table(cell_table.at_a_glance(found.cells)))
    if found.targets:
        lines += section("Targets", "What the project began with, of the default profile.",
                         markdown.table(asked_tables.targets(found.targets)))
    lines += _strengths(found.strengths)
    lines += _since(found, words)
    if found.bars:
        bars = asked_tables.bars(found.bars)
        lines += section("Bars", bars.before, markdown.table(bars), bars.after)
    for row in found.cells.rows:
        table = cell_table.of_row(row, found.cells.told(row))
        lines += section(row.title, f"{row.load}.", markdown.table(table),
                         markdown.bullets(table.failures))
    lines += markdown.outliers(found.outliers)
    return "\n".join(lines)
