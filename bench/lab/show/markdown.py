"""The writer of Markdown: tables, sections, lists, as lines."""

from collections.abc import Sequence

from bench.lab.show.table import Table


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


def doubts(about: dict) -> list[str]:
    """The reasons to doubt the measurement, and whether it was interrupted."""
    lines = [*(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), ""]
    if about["interrupted"]:
        lines += ["**Interrupted: this is what was finished.**", ""]
    return lines
