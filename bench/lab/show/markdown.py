"""The writer of Markdown: tables, sections, lists, as lines; and the sections that all summaries
have."""

from collections.abc import Sequence

from bench.lab.judge.measures import lead
from bench.lab.judge.outliers import FENCE, Outliers
from bench.lab.show.table import Table
from bench.lab.stats import families

SHOWN = 20  # outliers


def table(shown: Table, left: int = 1) -> list[str]:
    """The first `left` columns are left-aligned, the others right.  A line shorter than the heads
    is filled up."""
    def line(cells: Sequence[str]) -> str:
        filled = [*cells, *[""] * (len(shown.heads) - len(cells))]
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in filled) + " |"

    rule = "|---" * left + "|---:" * (len(shown.heads) - left) + "|"
    return [line(shown.heads), rule, *(line(one.words) for one in shown.lines)]


def section(title: str, *parts: str | list[str], level: int = 2) -> list[str]:
    """A heading and what stands below it, with an empty line after each part."""
    lines = [f"{'#' * level} {title}", ""]
    for part in parts:
        lines += [part] if isinstance(part, str) else part
        lines.append("")
    return lines


def bullets(lines: Sequence[str]) -> list[str]:
    """A list."""
    return [f"- {line}" for line in lines]


def circumstances(about: dict, more: str) -> list[str]:
    """When and on which machine the measurement was made, and `more` behind it."""
    machine = about["machine"]
    return [
        f"{about['started']}, {machine['cpu']}, {machine['cores']} cores, kernel "
        f"{machine['kernel']}, {machine['gcc']}; {more}", "",
    ]


def layouts(about: dict) -> str:
    """What was varied from round to round, and what could not be."""
    drawn = about["layouts"]
    text = "In each round, environment, stack, heap and the program's arrays lie elsewhere"
    if drawn["links"] > 1:
        text += f", and one of {drawn['links']} links of program and allocator runs"
    fixed = [*drawn["fixed_allocators"],
             *(f"the program of {title}" for title in drawn["fixed_programs"])]
    return text + (f". Linked in one way only: {', '.join(fixed)}." if fixed else ".")


def doubts(about: dict) -> list[str]:
    """The reasons to doubt the measurement, and whether it was interrupted."""
    lines = [*(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), ""]
    if about["interrupted"]:
        lines += ["**Interrupted: this is what was finished.**", ""]
    return lines


def outliers(found: Outliers) -> list[str]:
    """Nothing without outliers, if there are enough runs to tell."""
    far = found.found
    if found.most and not families.enough(found.most):
        return section("Outliers", f"No verdict: {families.too_few(found.most)}.")
    if not far:
        return []
    lines = [f"{one.row.title}, {one.variant}, round {one.rep}: "
             f"{one.ratio:.2f} of the median {lead(one.row).name}" for one in far[:SHOWN]]
    if len(far) > SHOWN:
        lines.append(f"and {len(far) - SHOWN} more")
    return section(
        "Outliers",
        f"{len(far)} runs lie more than {FENCE} interquartile ranges outside the middle half of "
        "the runs of their row and variant. An interquartile range is how far that middle half "
        "reaches, from the slowest of it to the fastest. All runs count.",
        bullets(lines))
