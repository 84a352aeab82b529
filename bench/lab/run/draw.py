"""What is drawn anew in each round of a row: where code and data lie, which is no property of an
allocator, and decides more than most differences (T. Mytkowicz et al., "Producing Wrong Data Without
Doing Anything Obviously Wrong", 2009; C. Curtsinger, E. Berger, "Stabilizer", 2013).

All variants of a row get the same draw in a round: what it does to all of them alike cancels in
their ratio.  The kernel draws the rest in each run: the addresses of program, libraries and heap.
"""

import random
from dataclasses import dataclass

from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

PADDING = "BENCH_PADDING"  # a variable that only takes room above the stack
SEED = "BENCH_LAYOUT"  # bench/harness: which blocks come first, where the program's arrays lie
MOST_PADDING = 4096  # bytes: a page, then the stack's position in its page comes again


@dataclass(frozen=True)
class Draw:
    """One draw."""

    link: int = 0  # which of the links of program and library
    padding: int = 0  # bytes of environment
    seed: int | None = None  # of the program's own data; None: as the program has it


class Draws:
    """The draws of a measurement, which follow from its seed."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._left: dict[str, list[int]] = {}  # row -> links to come before one comes again

    def draw(self, row: Row, variants: list[Variant]) -> Draw:
        """The next one for the row."""
        links = max((variant.links(row) for variant in variants), default=1)
        left = self._left.setdefault(row.key, [])
        if not left:
            left.extend(self._rng.sample(range(links), links))
        return Draw(left.pop(), self._rng.randrange(0, MOST_PADDING, 16),
                    self._rng.randrange(1, 1 << 31))


def environment(draw: Draw, variant: Variant, row: Row, variants: list[Variant]) -> dict[str, str]:
    """Further variables for the variant's run.  The environment is as long for each of the
    variants, whatever the names of their libraries."""
    its = [_bytes(one.environment(row, draw.link)) for one in variants]
    mine = variant.environment(row, draw.link)
    padding = draw.padding + max(its, default=0) - _bytes(mine)
    found = {**mine, PADDING: "x" * padding}
    return found if draw.seed is None else {**found, SEED: str(draw.seed)}


def _bytes(variables: dict[str, str]) -> int:
    return sum(len(name) + len(value) + 2 + 8 for name, value in variables.items())


def varied(rows: list[Row], variants: list[Variant]) -> dict:
    """What the links vary, for run.json: their number, the rows whose program has but one, the
    variants whose allocator has but one.  The C library's allocator is part of no link."""
    return {
        "links": max((variant.links(row) for variant in variants for row in rows), default=1),
        "fixed_programs": [row.title for row in rows
                           if not any(row.program in variant.programs for variant in variants)],
        "fixed_allocators": [variant.name for variant in variants if not variant.layouts],
    }
