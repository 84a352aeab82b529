"""Which run comes when: everything once in each round, in random order.

Interleaving makes what changes slowly (other load, clock speed, temperature) fall on all variants
alike; the order within a round is random so that no variant always follows the same one.
"""

import random
from dataclasses import dataclass

from bench.lab.rows import Row
from bench.lab.variants import Variant


@dataclass(frozen=True)
class Job:
    """One run to be made."""

    row: Row
    variant: Variant
    rep: int  # round, from 1


def interleave(rows: list[Row], variants: list[Variant], reps: int, seed: int) -> list[Job]:
    """All runs; the order follows from the seed."""
    rng = random.Random(seed)
    jobs: list[Job] = []
    for rep in range(1, reps + 1):
        cells = [(row, v) for row in rows for v in variants if not v.why_not(row)]
        rng.shuffle(cells)
        jobs += [Job(row, variant, rep) for row, variant in cells]
    return jobs
