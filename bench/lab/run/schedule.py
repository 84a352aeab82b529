"""Which run comes when: everything once in each round, in random order.

Interleaving makes what changes slowly (other load, clock speed, temperature) fall on all variants
alike; the order within a round is random so that no variant always follows the same one.
"""

import random
from dataclasses import dataclass

from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Job:
    """One run to be made."""

    row: Row
    variant: Variant
    rep: int  # round, from 1


def pair(rows: list[Row], variants: list[Variant], reps: int, seed: int) -> list[Job]:
    """All runs.  The variants of a row run one right after the other, so that a pair of runs
    differs in little but the variant.  The order of the rows is random, and so is the order within
    a row."""
    rng = random.Random(seed)
    jobs: list[Job] = []
    for rep in range(1, reps + 1):
        for row in rng.sample(rows, len(rows)):
            jobs += [Job(row, variant, rep) for variant in rng.sample(variants, len(variants))
                     if not variant.why_not(row)]
    return jobs


def interleave(rows: list[Row], variants: list[Variant], reps: int, seed: int) -> list[Job]:
    """All runs; the order follows from the seed."""
    rng = random.Random(seed)
    jobs: list[Job] = []
    for rep in range(1, reps + 1):
        cells = [(row, v) for row in rows for v in variants if not v.why_not(row)]
        rng.shuffle(cells)
        jobs += [Job(row, variant, rep) for row, variant in cells]
    return jobs
