"""When a measurement ends."""

import time
from collections.abc import Callable
from typing import Protocol

from bench.lab.run.runs import Runs
from bench.lab.select.row import Row


class Until(Protocol):
    """Says before each round which rows go on."""

    rounds: int | None  # of each row; None: that is not known beforehand

    def left(self, rows: list[Row], runs: Runs) -> list[Row]:
        """The rows that the next round measures; none: the end."""

    def share(self) -> float:
        """How much of the time, or of the rounds, has passed; 1 at the end."""


class Rounds:
    """So many rounds of each row."""

    def __init__(self, rounds: int):
        self.rounds = rounds
        self._begun = 0

    def left(self, rows: list[Row], _runs: Runs) -> list[Row]:
        """All rows, until all rounds are made."""
        self._begun += 1
        return rows if self._begun <= self.rounds else []

    def share(self) -> float:
        """Of the rounds."""
        return min(1.0, self._begun / self.rounds) if self.rounds else 1.0


class Seconds:
    """At most so long for each row, until `known` says at a look that a row needs no more.

    What is left of the time of rows that end early goes to the others.  `known` gets the runs and
    the share of the time that has passed.
    """

    rounds = None

    def __init__(self, seconds: float, known: Callable[[Runs, float], set[str]],
                 now: Callable[[], float] = time.monotonic):
        self._seconds = seconds
        self._known = known
        self._now = now
        self._started: float | None = None
        self._limit = 0.0
        self._done: set[str] = set()  # keys of rows

    def left(self, rows: list[Row], runs: Runs) -> list[Row]:
        """The rows that are not known yet, while there is time."""
        if self._started is None:
            self._started, self._limit = self._now(), self._seconds * len(rows)
        share = self.share()
        self._done |= self._known(runs, share)
        return [row for row in rows if row.key not in self._done] if share < 1 else []

    def share(self) -> float:
        """Of the time."""
        if self._started is None:
            return 0.0
        return min(1.0, (self._now() - self._started) / self._limit) if self._limit else 1.0
