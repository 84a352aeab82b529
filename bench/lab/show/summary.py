"""summary.md: the tables and the circumstances, to read and to pass on."""

from bench.lab.judge import findings, outliers, regress, stats, targets
from bench.lab.judge.analysis import Table
from bench.lab.judge.verdicts import Verdicts
from bench.lab.show import text


def _configuration(about: dict) -> list[str]:
    machine, build = about["machine"], about["build"]
    lines = [
        f"{about['started']}, {machine['cpu']}, {machine['cores']} cores, kernel "
        f"{machine['kernel']}, {machine['gcc']}; {about['reps']} repetitions, seed "
        f"{about['seed']}, load {about['load_before'][0]} before and {about['load_after'][0]} "
        "after.", "",
        f"Built in mode {build.get('mode', 'unknown')}, allocators with "
        f"`{_flags(build.get('copts', []))}`. Profiles, by the start of their files' SHA-256: "
        + ", ".join(f"{name} {digest[:8]}" for name, digest in about["profiles"].items()) + ".",
        "", *(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), "",
    ]
    if about["interrupted"]:
        lines += ["**Interrupted: this is what was finished.**", ""]
    return lines + [f"{peer['name']} is not installed (package {peer['package']})."
                    for peer in about["missing"]]


def _flags(copts: list[str] | str) -> str:
    return copts if isinstance(copts, str) else " ".join(copts)


def _listed(title: str, before: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", before, "", *([f"- {line}" for line in lines] or ["- none"]), ""]


def _findings(table: Table) -> list[str]:
    """Nothing without the default profile and a peer."""
    if not any(table.cell(row, v).vs_best for row in table.rows for v in table.variants
               if v.profile == "default" and v.link == "shared"):
        return []
    return (
        _listed("Strengths", "Where the default profile is surely faster than every peer.",
                findings.strengths(table))
        + _listed("Weaknesses", "Where a peer is surely faster than the default profile.",
                  findings.weaknesses(table))
        + _listed("Bottlenecks", "What the default profile has more of than that peer, in the rows "
                  "in which it is slower.", findings.bottlenecks(table))
    )


def _since(found: Verdicts) -> list[str]:
    lines = ["## Against the earlier run", ""]
    if found.changes is None:
        return lines + ["None was named; `--baseline DIR` compares with one.", ""]
    lines += [f"Against {found.earlier.folder}.", "", *found.words, "",
              "Speeds are compared by their ratios to the system's malloc in the same round. Worse "
              f"by {100 * regress.MARKED:.0f} % is marked, by {100 * regress.SEVERE:.0f} % severe. "
              "better and worse hold for all rows together, of which one in twenty differs by "
              f"chance; {stats.TOO_FEW}: so few runs that even clear ones show nothing.",
              ""]
    changed = [one for one in found.changes if one.verdict != "same"]
    if changed:
        lines += text.markdown(regress.HEADS, [regress.cells(one) for one in changed]) + [""]
    return lines


def render(table: Table, about: dict, found: Verdicts) -> str:
    """The whole file; `about` is the content of run.json."""
    lines = [f"# {about['command']}", "", *_configuration(about), text.LEGEND, ""]
    overall = table.overall()
    if overall:
        lines += ["## All rows", ""]
        lines += text.markdown(text.OVERALL_COLUMNS, [text.overall(line) for line in overall])
        lines.append("")
        if text.without_means(table):
            lines += [text.without_means(table), ""]
    lines += ["## Speeds, M ops/s", ""] + text.markdown(*text.glance(table)) + [""]
    if found.targets:
        lines += ["## Targets", "", "What the project began with, of the default profile.", ""]
        lines += text.markdown(targets.HEADS, [one.cells for one in found.targets]) + [""]
    lines += _findings(table)
    lines += _since(found)
    if found.bars:
        lines += ["## Bars", "", text.BARS_LEGEND, ""]
        lines += text.markdown(text.BAR_COLUMNS, [text.bar(bar) for bar in found.bars])
        lines += ["", f"{text.bars_met(found.bars)}.", ""]
    for row in table.rows:
        cells = [cell for cell in table.cells(row) if cell.speed or cell.failures or cell.left_out]
        lines += [f"## {row.title}", "", f"{row.load}.", ""]
        lines += text.markdown(text.columns(row), [text.cell(cell) for cell in cells])
        lines += ["", *(f"- {line}" for line in text.failures(cells)), ""]
    lines += outliers.lines(table)
    return "\n".join(lines)
