"""Prints an Explanation: the classes as a table, then the facts."""

from rich.console import Console
from rich.text import Text

from gen import screen
from gen.explain.costs import ClassCosts, Explanation
from gen.explain.facts import facts_of

HEADS = (
    "class", "size\nbytes", "largest\nrequest", "blocks\nper slab", "slab\nKiB",
    "rounding\nmean %", "\nworst %", "tail\n%", "cache\nkind", "cap\nblocks", "\nbytes",
    "transfer\nbytes",
)
# Columns that a narrow terminal leaves out, in this order.
DISPENSABLE = (
    "transfer\nbytes", "\nbytes", "tail\n%", "cache\nkind", "largest\nrequest", "slab\nKiB",
    "rounding\nmean %",
)


def show(told: Explanation, console: Console) -> None:
    """Prints the classes, then what the profile costs."""
    title = Text.assemble((told.profile, "bold"), f": {told.summary}")
    console.print(title, soft_wrap=console.width >= screen.TEXT)
    console.print(f"from {told.source}, digest {told.digest}")
    screen.put(console, HEADS, [_cells(one) for one in told.classes], words=(),
               dispensable=DISPENSABLE, rule=console.is_terminal)
    screen.pairs(console, [*facts_of(told), *(("warning", doubt) for doubt in told.doubts)],
                 style="bold")


def _cells(one: ClassCosts) -> list[str]:
    return [
        str(one.index), str(one.size), str(one.largest), str(one.blocks), str(one.slab_kib),
        f"{one.rounding_mean:.1f}", f"{one.rounding_worst:.1f}", f"{one.tail:.2f}", one.kind,
        str(one.cap), str(one.cap_bytes), str(one.transfer_bytes),
    ]
