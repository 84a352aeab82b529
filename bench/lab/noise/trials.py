"""Trials: whole measurements of a pair whose difference is known, as bench:ab would make them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.lab.judge.measures import PRIMARY
from bench.lab.judge.pairs import Pairs
from bench.lab.noise.known import Known
from bench.lab.select.row import Row


@dataclass(frozen=True)
class Trial:
    """What one measurement said of one row."""

    known: Known
    number: int  # from 1
    row: Row
    verdict: str  # in the pair's own measure
    change: float  # percent of A, positive if B is more
    visible: float  # percent: what it would have shown
    rounds: int
    seconds: float  # that the measurement took for each row, on average
    differs: bool  # in any primary measure


def of_measurement(known: Known, number: int, found: Pairs, started: float) -> Iterator[Trial]:
    """A trial for each row of a measurement that began then, by time.monotonic."""
    (outcome,) = found.outcomes
    lines = outcome.rows.get(known.measure, [])
    seconds = (time.monotonic() - started) / max(1, len(lines))
    for one in lines:
        others = [each for measure in PRIMARY for each in outcome.rows.get(measure, [])
                  if each.row.key == one.row.key]
        yield Trial(known, number, one.row, one.verdict, 100 * (one.effect.value - 1), one.visible,
                    one.rounds, seconds,
                    any(each.verdict in ("better", "worse") for each in others))
