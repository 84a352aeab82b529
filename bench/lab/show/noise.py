"""The laboratory tested on itself: blocks of pairs in which there is no difference, or a known one.

A block is judged as a whole measurement of bench:ab would be.  What is found between a variant
and itself is false; what is not found between it and its slowed runs is missed.
"""

import csv
import io
import statistics
from dataclasses import dataclass

from rich.console import Console
from scipy import stats as scipy_stats

from bench.lab.base import screen
from bench.lab.judge import compare
from bench.lab.judge.analysis import Table
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import SPEED
from bench.lab.judge.stats import LEVEL
from bench.lab.run.schedule import Job
from bench.lab.select import rows
from bench.lab.select.rows import Row
from bench.lab.select.variants import Variant
from bench.lab.show import text

# A tenth of a second each, so that some hundred comparisons take a quarter of an hour; only
# programs whose work can be added to.
ROWS = (
    rows.tiny_hot(32, 250_000),
    rows.random_mixed(1_000_000, 400),
    rows.random_mixed(1_000_000, 8192),
    rows.batch(256, 20_000, "random"),
    rows.cold(500_000, 50_000, 16, 512, "unread"),
    rows.mid_large(2, 1_000_000),
    rows.prodcons(2, 800_000, 1024),
    rows.vm_mixed(20_000),
    rows.realloc(60_000, 4096),
    rows.false_sharing(2, 300_000, 64),
)
COLUMNS = ("benchmark", "parameters", "blocks", "false", "false_together", "visible_percent",
           "missed", "slowed_percent")
HEADS = ("row", "blocks", "differs", "differs, together", "would have seen, %", "missed",
         "slowed by, %")


@dataclass(frozen=True)
class Noise:
    """One row."""

    row: Row
    blocks: int
    false: int  # blocks in which the interval alone shows a difference that is not there
    false_together: int  # the same after the correction for all rows
    visible: float  # percent: the median of what a block would have seen
    missed: int  # blocks in which the interval does not show the added work
    slowed: float  # percent: the median of how much slower the slowed runs were


def blocks(table: Table, variants: list[Variant], pairs: int) -> list[Table]:
    """Tables of `pairs` rounds each; what is left over is left out."""
    most = max((max(table.runs(row, one.name), default=0) for row in table.rows
                for one in variants), default=0)
    found = []
    for first in range(1, most - pairs + 2, pairs):
        block = Table(table.rows, variants)
        for row in table.rows:
            for variant in variants:
                for rep, run in table.runs(row, variant.name).items():
                    if first <= rep < first + pairs:
                        block.add(Job(row, variant, rep), run, "")
        found.append(block)
    return found


def judge(table: Table, variants: list[Variant], pairs: int) -> list[Noise]:
    """All rows with numbers; `variants` are one, the same again, and the slowed one."""
    same: dict[str, list[Comparison]] = {}
    slowed: dict[str, list[Comparison]] = {}
    for block in blocks(table, variants, pairs):
        for variant, found in zip(variants[1:], (same, slowed)):
            for one in compare.compare(block, variants[0], [variant], SPEED)[0]:
                found.setdefault(one.row.key, []).append(one)
    return [
        _noise(row, same[row.key], slowed.get(row.key, []))
        for row in table.rows if row.key in same
    ]


def _noise(row: Row, same: list[Comparison], slowed: list[Comparison]) -> Noise:
    return Noise(
        row, len(same), sum(one.differs for one in same),
        sum(one.verdict in ("better", "worse") for one in same),
        statistics.median(one.visible for one in same),
        sum(not one.differs or one.b_is_better for one in slowed),
        statistics.median(100 * (1 / one.ratio.value - 1) for one in slowed) if slowed else 0.0,
    )


def false_rate(found: list[Noise]) -> tuple[float, float, float]:
    """Share of all blocks whose interval shows a difference that is not there, with its exact
    95 % interval (C. Clopper, E. Pearson, 1934)."""
    result = scipy_stats.binomtest(sum(one.false for one in found),
                                   sum(one.blocks for one in found))
    interval = result.proportion_ci(LEVEL)
    return result.statistic, interval.low, interval.high


def as_csv(found: list[Noise]) -> str:
    """noise.csv: a line for each row."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow([one.row.program, one.row.params, one.blocks, one.false,
                         one.false_together, f"{one.visible:.4g}", one.missed,
                         f"{one.slowed:.4g}"])
    return file.getvalue()


def cells(one: Noise) -> list[str]:
    """In the order of HEADS."""
    return [one.row.title, str(one.blocks), str(one.false),
            str(one.false_together), f"{one.visible:.1f}", str(one.missed), f"{one.slowed:.1f}"]


def verdict(found: list[Noise], added: float) -> str:
    """What the rows come to, as sentences."""
    if not found:
        return "No row has numbers."
    rate, low, high = false_rate(found)
    blocks_, missed = sum(one.blocks for one in found), sum(one.missed for one in found)
    floor = statistics.median(one.visible for one in found)
    return (
        f"Differences found where there is none: {100 * rate:.1f} % of {blocks_} comparisons "
        f"({100 * low:.1f} to {100 * high:.1f}); all rows of a block taken together: "
        f"{sum(one.false_together for one in found)}.  Noise floor: half of the rows show "
        f"differences of {floor:.1f} %.  {added:g} % of added work: seen in {blocks_ - missed} of "
        f"{blocks_}."
    )


def markdown(found: list[Noise], added: float, about: dict) -> str:
    """summary.md."""
    lines = [f"# {about['command']}", "", verdict(found, added), "",
             *(f"**Doubtful: {doubt}.**" for doubt in about["doubts"]), ""]
    lines += text.markdown(HEADS, [cells(one) for one in found])
    return "\n".join([*lines, ""])


def show(console: Console, found: list[Noise], added: float) -> None:
    """The table and the sentences."""
    screen.put(console, HEADS, [cells(one) for one in found], folds=(0,))
    console.print()
    console.print(verdict(found, added), style="bold")
