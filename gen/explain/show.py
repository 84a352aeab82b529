"""Prints an Explanation: the classes as a table, then the facts."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from gen.explain.costs import Explanation
from gen.explain.facts import facts_of

COLUMNS = 96  # width of output that is no terminal; the class table fits
WIDEST = 1000
# Columns that a narrow terminal leaves out, in this order.
DISPENSABLE = (
    "transfer\nbytes", "\nbytes", "tail\n%", "cache\nkind", "largest\nrequest", "slab\nKiB",
    "rounding\nmean %",
)


def show(told: Explanation, console: Console) -> None:
    """Prints the classes, then what the profile costs."""
    wide = console.width >= COLUMNS
    console.print(f"[bold]{told.profile}[/bold]: {told.summary}", soft_wrap=wide)
    console.print(f"from {told.source}, digest {told.digest}")
    table = _class_table(told, console.is_terminal)
    for head in () if wide else DISPENSABLE:
        if Measurement.get(console, console.options.update(max_width=WIDEST), table).maximum > (
            console.width
        ):
            table.columns = [column for column in table.columns if column.header != head]
    console.print(table)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True, style="bold")
    facts.add_column()
    for name, text in facts_of(told):
        facts.add_row(name, text)
    for doubt in told.doubts:
        facts.add_row("warning", doubt)
    console.print(facts)


def _class_table(told: Explanation, lines: bool) -> Table:
    table = Table(
        box=SIMPLE_HEAD if lines else None,
        padding=(0, 1, 0, 0),
        show_edge=False,
        header_style="bold",
    )
    for head in (
        "class",
        "size\nbytes",
        "largest\nrequest",
        "blocks\nper slab",
        "slab\nKiB",
        "rounding\nmean %",
        "\nworst %",
        "tail\n%",
        "cache\nkind",
        "cap\nblocks",
        "\nbytes",
        "transfer\nbytes",
    ):
        table.add_column(head, justify="right", no_wrap=True)
    for cls in told.classes:
        table.add_row(
            str(cls.index),
            str(cls.size),
            str(cls.largest),
            str(cls.blocks),
            str(cls.slab_kib),
            f"{cls.rounding_mean:.1f}",
            f"{cls.rounding_worst:.1f}",
            f"{cls.tail:.2f}",
            cls.kind,
            str(cls.cap),
            str(cls.cap_bytes),
            str(cls.transfer_bytes),
        )
    return table
