"""How long variants are measured against the first of them: so many rounds, or until what is asked
of each row is known."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.lab.base.errors import UsageError
from bench.lab.judge import compare, pairs
from bench.lab.judge.measures import PRIMARY, SPEED, TIME
from bench.lab.judge.pairs import Pairs
from bench.lab.run.runs import Runs
from bench.lab.run.until import Rounds, Seconds, Until
from bench.lab.select.question import Question
from bench.lab.select.row import Row
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


@dataclass
class Asked:
    """What is asked, and how far the answer is."""

    question: Question
    until: Until
    shares: dict[str, float] = field(default_factory=dict)  # row -> of the levels, at its last look
    sequential: bool = False

    def judge(self, runs: Runs) -> Pairs:
        """All runs, each row at the levels of its last look."""
        return pairs.judge(runs, self.question, self.shares if self.sequential else None)


def of_rounds(question: Question, count: int) -> Asked:
    """A number of rounds, judged once."""
    return Asked(question, Rounds(count))


def of_seconds(question: Question, seconds: float, rows: list[Row],
               now: Callable[[], float] = time.monotonic) -> Asked:
    """At most so many seconds for each row, until its speed or time is known.  It is judged at
    looks, see stats/looks.py.  `now` is the clock."""
    looks = Looks()
    asked: Asked

    def known(runs: Runs, share: float) -> set[str]:
        open_rows = {row.key for row in rows} - done
        if not open_rows or not looks.due(share):
            return done
        part = looks.take(share)
        for key in open_rows:
            asked.shares[key] = part
        found = compare.compare(runs, runs.variants[0], runs.variants[1:], PRIMARY, question,
                                asked.shares)
        judged: dict[str, list[bool]] = {}
        for one in (one for measure in (SPEED, TIME) for lines in found[measure] for one in lines):
            judged.setdefault(one.row.key, []).append(one.known)
        done.update(key for key, known_of in judged.items() if key in open_rows and all(known_of))
        return done

    done: set[str] = set()
    asked = Asked(question, Seconds(seconds, known, now), sequential=True)
    return asked
