"""The shares of functions as words: the table on the terminal and summary.md."""

from rich.console import Console

from bench.lab.perf.shares import OwnedFunction, Shares
from bench.lab.show import markdown, terminal
from bench.lab.show.table import Line, Table

TOP = 20
LEGEND = "self: in the function itself; total: with all that it calls."


def _table(functions: list[OwnedFunction], quote: str = "") -> Table:
    """A table of the first TOP functions; `quote` stands around their names."""
    lines = []
    for each in functions[:TOP]:
        one = each.function
        lines.append(Line([f"{quote}{one.frame.name}{quote}", each.owner,
                           f"{100 * one.self:.2f}", f"{100 * one.total:.2f}"], each.owner))
    return Table(("function", "in", "self %", "total %"), lines, left=(0, 1), folds=(0, 1))


def markdown_of(found: Shares, about: dict) -> str:
    """summary.md; `about` is the content of run.json."""
    lines = [
        f"# {about['command']}", "",
        f"{about['program']} {about['parameters']} with {about['variant']}: {found.sentence}", "",
        *markdown.circumstances(about, f"{about['tool']['version']}, event {about['event']}."),
        *(f"**Doubtful: {doubt}.**\n" for doubt in found.doubts),
    ]
    if about["status"] != "ok":
        lines += [f"**The run failed: {about['status']}.**  This is what was recorded until then.",
                  ""]
    lines += [f"The {min(TOP, len(found.functions))} functions with the largest share of their own.  "
              + LEGEND, ""]
    lines += markdown.table(_table(found.functions, "`"), left=2)
    files = [f"`{name}`: {what}" for name, what in about["files"].items()]
    if about["no_flame_graph"]:
        files.append(f"no flame graph: {about['no_flame_graph']}")
    lines += ["", *markdown.bullets(files), ""]
    return "\n".join(lines)


def show(console: Console, found: Shares) -> None:
    """Prints the table, the doubts, and how much was counted."""
    terminal.put_apart(console, _table(found.functions))
    console.print(LEGEND, style="dim")
    terminal.say_doubts(console, found.doubts)
    console.print(found.sentence, style="bold", markup=False)
