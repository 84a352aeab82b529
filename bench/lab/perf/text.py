"""A profile of a program as words: the table on the terminal and summary.md."""

from dataclasses import dataclass

from rich.console import Console

from bench.lab.base import screen
from bench.lab.perf.owner import HAKMEM
from bench.lab.perf.stacks import Function
from bench.lab.show import text

TOP = 20
COLUMNS = ("function", "in", "self %", "total %")
LEGEND = "self: in the function itself; total: with all that it calls."


@dataclass(frozen=True)
class Line:
    """A function and whose it is."""

    function: Function
    owner: str


@dataclass(frozen=True)
class Found:
    """What was recorded of a program."""

    lines: list[Line]  # the largest share of its own first
    counted: str  # in words: how much there is of what
    doubts: list[str]

    @property
    def share(self) -> float:
        """In hakmem's own functions, 0..1."""
        return sum(line.function.self for line in self.lines if line.owner == HAKMEM)

    @property
    def sentence(self) -> str:
        """How much there is, and how much of it is hakmem's."""
        n = sum(line.owner == HAKMEM and line.function.self > 0 for line in self.lines)
        if not n:
            return f"{self.counted}; none in functions of hakmem."
        return (f"{self.counted}; {100 * self.share:.1f} % in {n} function{'s' * (n > 1)} of "
                "hakmem.")


def cells(line: Line) -> list[str]:
    """In the order of COLUMNS."""
    one = line.function
    return [one.frame.name, line.owner, f"{100 * one.self:.2f}", f"{100 * one.total:.2f}"]


def markdown(found: Found, about: dict) -> str:
    """summary.md; `about` is the content of run.json."""
    machine = about["machine"]
    tool = about["tool"]
    lines = [
        f"# {about['command']}", "",
        f"{about['program']} {about['parameters']} with {about['variant']}: {found.sentence}", "",
        f"{about['started']}, {machine['cpu']}, {machine['cores']} cores, kernel "
        f"{machine['kernel']}, {machine['gcc']}; {tool['version']}, event {about['event']}.", "",
        *(f"**Doubtful: {doubt}.**\n" for doubt in found.doubts),
    ]
    if about["status"] != "ok":
        lines += [f"**The run failed: {about['status']}.**  This is what was recorded until then.",
                  ""]
    lines += [f"The {min(TOP, len(found.lines))} functions with the largest share of their own.  "
              + LEGEND, ""]
    lines += text.markdown(COLUMNS, [[f"`{name}`", *others] for name, *others in
                                     map(cells, found.lines[:TOP])], words=2)
    lines += ["", *(f"- `{name}`: {what}" for name, what in about["files"].items()),
              *(["- no flame graph: " + about["no_flame_graph"]] if about["no_flame_graph"]
                else []), ""]
    return "\n".join(lines)


def show(console: Console, found: Found) -> None:
    """The top functions, doubts, how much there is."""
    top = found.lines[:TOP]
    screen.put(console, COLUMNS, [cells(line) for line in top], words=(0, 1), folds=(0, 1),
               styles=["bold" if line.owner == HAKMEM else "" for line in top])
    console.print()
    console.print(LEGEND, style="dim")
    for doubt in found.doubts:
        console.print(f"doubtful: {doubt}", style="yellow", markup=False)
    console.print(found.sentence, style="bold", markup=False)
