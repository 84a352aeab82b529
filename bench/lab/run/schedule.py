"""Which run comes when: everything once in each round, in random order.

Interleaving makes what changes slowly (other load, clock speed, temperature) fall on all variants
alike; the order within a round is random so that no variant always follows the same one.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from bench.lab.run.draw import Draw
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Job:
    """One run to be made."""

    row: Row
    variant: Variant
    rep: int  # round, from 1
    draw: Draw = Draw()
    cpu: int | None = None  # the processor that it is bound to


Order = Callable[[list[Row], list[Variant], random.Random], list[list[tuple[Row, Variant]]]]


def pair(rows: list[Row], variants: list[Variant],
         rng: random.Random) -> list[list[tuple[Row, Variant]]]:
    """All runs of one round, each by itself.  The variants of a row run one right after the other,
    so that a pair of runs differs in little but the variant.  The order of the rows is random, and
    so is the order within a row."""
    return [[(row, variant)] for row in rng.sample(rows, len(rows))
            for variant in rng.sample(variants, len(variants)) if not variant.why_not(row)]


def interleave(rows: list[Row], variants: list[Variant],
               rng: random.Random) -> list[list[tuple[Row, Variant]]]:
    """All runs of one round, each by itself, in random order."""
    cells = [[(row, v)] for row in rows for v in variants if not v.why_not(row)]
    rng.shuffle(cells)
    return cells


def duet(rows: list[Row], variants: list[Variant],
         rng: random.Random) -> list[list[tuple[Row, Variant]]]:
    """Runs of one round for two processors: both variants of a row at once, if it has one thread
    (L. Bulej et al., "Duet Benchmarking", ICPE 2020); other rows as `pair` has them.  The first of
    two runs on the first processor: the sides are drawn."""
    found = []
    for row in rng.sample(rows, len(rows)):
        its = [(row, variant) for variant in rng.sample(variants, len(variants))
               if not variant.why_not(row)]
        alone = row.threads == 1 and not row.timed  # a command may start threads of its own
        found += [its] if alone and len(its) == 2 else [[one] for one in its]
    return found
