"""Counted rows as tables on the terminal and as summary.md."""

from rich.console import Console

from bench.lab.count.counted import Counted
from bench.lab.count.found import Entry, Found, RowFound
from bench.lab.count.kinds import CALLS
from bench.lab.show import markdown, terminal
from bench.lab.show.numbers import signed, significant
from bench.lab.show.table import Line, Table

LEGEND = (
    "Counts are those of one operation, or of 1000 where it says so, without start and warm-up; of "
    "a command, those of a whole run.  worth: what the difference takes, at the row's own time of "
    "an instruction and of a page fault, and at the kernel's time for a call; all of these add up "
    "to the difference in time.  repeats: exact, where each repetition counted the same; else how "
    "far they lie apart.  -: cannot be counted.  An L1 miss is a line of 64 bytes, a page fault a "
    "page of new memory."
)
NONE = "-"
_MS = 1e-6  # ns


def row_table(found: RowFound, a: str, b: str) -> Table:
    """All counts of one row."""
    unit = "a run" if found.row.timed else "an operation"
    lines = [Line(_words(entry, found.row.timed), "hakmem" if entry.kind.name == "ns" else "")
             for entry in found.entries if not _is_nothing(entry)]
    worth = "worth, ms" if found.row.timed else "worth, ns"
    return Table((unit, f"A: {a}", f"B: {b}", "B - A", worth, "repeats"), lines, found.row.title,
                 left=(0, 5), folds=(0,), dispensable=("repeats",))


def _is_nothing(entry: Entry) -> bool:
    """Whether it is a part that neither side surely has, or a system call that both make alike."""
    if not entry.kind.of or entry.is_time:
        return False
    if entry.kind.of == CALLS.name and entry.difference == 0:
        return True
    return not any(one and (min(one.values) > 0 or max(one.values) < 0) for one in entry.counted)


def _words(entry: Entry, timed: bool) -> list[str]:
    scale, unit = 1.0, ""
    if entry.is_time:
        scale, unit = (_MS, ", ms") if timed and entry.kind.name != "ns_an_instruction" \
            else (1.0, ", ns")
    elif entry.kind.rare and not timed:
        scale, unit = 1000.0, " in 1000"
    label = ("  " if entry.kind.of else "") + entry.kind.label + unit
    numbers = [NONE if value is None else write(value * scale) for value, write in
               ((entry.a, significant), (entry.b, significant), (entry.difference, signed))]
    worth = "" if entry.ns is None else signed(entry.ns * (_MS if timed else 1), 3)
    return [label, *numbers, worth, "" if entry.is_time else _repeats(entry.counted)]


def _repeats(counted: tuple[Counted | None, Counted | None]) -> str:
    """How well the repetitions agree, of the side where they agree less."""
    known = [one for one in counted if one is not None]
    if not known:
        return ""
    if all(one.exact for one in known):
        return "exact"
    spread = max(one.spread for one in known)
    return f"within {max(100 * spread, 0.01):.2g} %" if 0 < spread < 1 else "differ"


def overview(found: Found) -> Table:
    """A line for each row: its times, and what makes their difference."""
    a, b = found.a.name, found.b.name
    lines = []
    for one in found.rows:
        scale = _MS if one.row.timed else 1.0
        lines.append(Line(
            [one.row.title, significant(one.a.spent.ns * scale),
             significant(one.b.spent.ns * scale), signed(one.difference * scale),
             "ms a run" if one.row.timed else "ns", one.sentence(a, b)],
            one.comparison.verdict.replace(" ", "-")))
    return Table(("row", f"A: {a}", f"B: {b}", "B - A", "unit", "in words"), lines,
                 left=(0, 4, 5), folds=(0, 5))


def show(console: Console, found: Found, about: dict) -> None:
    """Prints a table for each row, then the rows in words."""
    lacking: list[str] = []
    for one in found.rows:
        lacking = terminal.put(console, row_table(one, found.a.name, found.b.name)) or lacking
        console.print()
    if found.rows:
        terminal.put_apart(console, overview(found))
    console.print(LEGEND, style="dim")
    terminal.say_narrow(console, lacking)
    for line in _beside(found):
        console.print(line, markup=False)
    for line in found.failures:
        console.print(line, style="bold red", markup=False)
    terminal.say_doubts(console, about["doubts"])


def _beside(found: Found) -> list[str]:
    """What is not in the tables, and the kernel's prices."""
    return [*(f"left out: {line}" for line in found.left_out),
            *([f"The kernel takes, ns for one: {found.costs}."] if found.costs else [])]


def summary(found: Found, about: dict) -> str:
    """summary.md."""
    lines = [f"# {about['command']}", ""]
    lines += markdown.circumstances(about, f"{about['reps']} pairs of timed runs, load "
                                    f"{about['load_before'][0]} before and "
                                    f"{about['load_after'][0]} after.")
    lines += markdown.doubts(about)
    lines += [*markdown.table(overview(found)), "", LEGEND, "",
              *markdown.bullets(_beside(found) + found.failures), ""]
    for one in found.rows:
        table = row_table(one, found.a.name, found.b.name)
        lines += markdown.section(table.title, markdown.table(table),
                                  one.sentence(found.a.name, found.b.name))
    return "\n".join(lines)
