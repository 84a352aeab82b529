"""How long variants are measured against the first of them: so many rounds, or until what is asked
of each row is known."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.lab.base.errors import UsageError
from bench.lab.judge import compare, pairs
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import PRIMARY, SPEED, TIME, Measure
from bench.lab.judge.pairs import Pairs
from bench.lab.run.runs import Runs
from bench.lab.run.until import Rounds, Seconds, Until
from bench.lab.select import options
from bench.lab.select.question import Question
from bench.lab.stats import families
from bench.lab.stats.looks import Looks


def tests(rows: int, others: int) -> int:
    """The comparisons of so many rows and variants that are one family: speed or time, and peak."""
    return 2 * rows * others


def rounds(asked: int | None, default: int, rows: int, others: int, no_verdict: bool) -> int:
    """How many rounds: those asked for, or the default, and at least as many as a verdict takes.
    Raises UsageError for fewer, unless nobody wants a verdict."""
    family = tests(rows, others)
    least = families.least_rounds(family)
    if asked is None:
        return max(default, least)
    if asked < least and not no_verdict:
        raise UsageError(
            f"--reps: with {asked} rounds, none of {family} comparisons (speed and memory of each "
            f"row and variant) can be sure; take at least --reps {least}, fewer rows or variants, "
            "or --no-verdict to measure all the same")
    return asked


class Asked(Protocol):
    """When a measurement ends, and what its runs come to."""

    question: Question
    until: Until

    def judge(self, runs: Runs) -> Pairs:
        """All runs against those of the first variant."""


@dataclass(frozen=True)
class OfRounds:
    """So many rounds, judged once."""

    question: Question
    until: Rounds

    def judge(self, runs: Runs) -> Pairs:
        """All rows at all of the levels."""
        return pairs.judge(runs, self.question)


class OfSeconds:
    """At most so many seconds for each row, until what is asked of its `awaited` measures is known.
    It is judged at looks, see stats/looks.py, as one of the `family`; `now` is the clock."""

    def __init__(self, question: Question, seconds: float,
                 now: Callable[[], float] = time.monotonic, family: Sequence[Measure] = PRIMARY,
                 awaited: Sequence[Measure] = (SPEED, TIME)):
        self.question = question
        self._family, self._awaited = family, awaited
        self.until = Seconds(seconds, self._known, now)
        self._looks = Looks()
        self._shares: dict[str, float] = {}  # row -> what its last look may spend of the levels
        self._done: set[str] = set()  # rows

    def judge(self, runs: Runs) -> Pairs:
        """Each row at the levels of its last look: where the measurement was interrupted, one at
        that moment."""
        share = self.until.share()
        if share < 1 and self._looks.has_more(share):
            self._take(runs, share)
        return pairs.judge(runs, self.question, self._shares)

    def compare(self, runs: Runs) -> dict[Measure, list[list[Comparison]]]:
        """The family alone, at the same levels."""
        return compare.compare(runs, runs.variants[0], runs.variants[1:], self._family,
                               self.question, self._shares)

    def _known(self, runs: Runs, share: float) -> set[str]:
        """The rows that need no more runs: known, or never to be, as runs failed."""
        open_rows = [row for row in runs.rows if row.key not in self._done]
        if open_rows and self._looks.due(share):
            self._take(runs, share)
            found = self.compare(runs)
            judged: dict[str, list[bool]] = {row.key: [] for row in open_rows}
            for one in (one for measure in self._awaited for its in found[measure] for one in its):
                judged.setdefault(one.row.key, []).append(one.known or one.lost > 0)
            self._done |= {row.key for row in open_rows if judged[row.key] and all(judged[row.key])}
        return self._done

    def _take(self, runs: Runs, share: float) -> None:
        part = self._looks.take(share)
        self._shares |= {row.key: part for row in runs.rows if row.key not in self._done}


def of_options(chosen: argparse.Namespace, default: int, rows: int, others: int) -> Asked:
    """What the options of a command ask, of so many rows and variants beside the first; `default`
    is the number of rounds without them.  Raises UsageError as `rounds` does."""
    question, limit = options.question_of(chosen), options.seconds_of(chosen)
    if limit:
        return OfSeconds(question, limit)
    return OfRounds(question, Rounds(rounds(chosen.reps, default, rows, others,
                                            chosen.no_verdict)))
