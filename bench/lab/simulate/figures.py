"""What is counted over many simulated reports, and what was promised of it."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from bench.lab.simulate.settings import Setting
from bench.lab.stats import families, shares
from bench.lab.stats.estimate import FAMILY, Estimate


@dataclass(frozen=True)
class What:
    """One thing that is counted, or one number that is averaged."""

    name: str  # of its own in an experiment
    words: str  # for people
    at_most: float | None = None  # what is promised of a share
    at_least: float | None = None
    average: bool = False  # a number in percent, not a share of cases

    @property
    def promised(self) -> bool:
        """Whether it is a share of which something is promised."""
        return self.at_most is not None or self.at_least is not None


class Counts:
    """What happened so far."""

    def __init__(self):
        self._found: dict[What, list[float]] = {}

    def add(self, what: What, value: float) -> None:
        """One case: whether it happened, or its number.  A number that is not finite is none."""
        if math.isfinite(value):
            self._found.setdefault(what, []).append(float(value))

    def estimate(self, what: What) -> tuple[Estimate, int] | None:
        """The share or the average, with the number of its cases; None without a case."""
        values = self._found.get(what)
        if not values:
            return None
        if not what.average:
            return shares.share(round(sum(values)), len(values)), len(values)
        mean = statistics.fmean(values)
        half = 1.96 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 \
            else math.inf
        return Estimate(mean, mean - half, mean + half), len(values)


@dataclass(frozen=True)
class Experiment:
    """A kind of report that is simulated again and again."""

    name: str
    title: str  # of its table; experiments may share one
    whats: tuple[What, ...]
    report: Callable[[Setting, np.random.Generator, Counts], None]  # one report, counted
    part: float = 1.0  # of the reports that are asked for: less for those that take long
    of_pairs: bool = False  # also in settings that are about pairs only


@dataclass(frozen=True)
class Figure:
    """One number of one setting."""

    setting: Setting
    experiment: Experiment
    what: What
    found: Estimate
    cases: int

    @property
    def p(self) -> float:
        """The chance of a share so far from its promise if the promise is kept; 1 without one."""
        count = round(self.found.value * self.cases) if self.what.promised else 0
        if self.what.at_most is not None:
            return float(special.bdtrc(count - 1, self.cases, self.what.at_most))
        if self.what.at_least is not None:
            return float(special.bdtr(count, self.cases, self.what.at_least))
        return 1.0


def broken(figures: Sequence[Figure]) -> list[Figure]:
    """Those that surely do not keep their promise, when all are looked at together."""
    promised = [one for one in figures if one.what.promised]
    return [one for one, p in zip(promised, families.holm([one.p for one in promised]))
            if p <= FAMILY]
