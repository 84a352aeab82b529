"""The numbers of a run that are compared: their units, and which way is better."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from bench.lab.run.runs import Run
from bench.lab.select.row import Row


@dataclass(frozen=True)
class Measure:
    """One number of a run."""

    name: str
    unit: str
    of: Callable[[Run], float]
    more_is_better: bool
    better: str  # the word for a better variant, and for a worse one
    worse: str
    least: float = 0.0  # medians below this, in the unit, are not worth comparing
    timed: bool | None = None  # True: only of timed rows; False: only of others; None: of all
    counts: bool = False  # 0 is a number like others; else it means that there is no number

    def has(self, row: Row) -> bool:
        """Whether the row has this measure."""
        return self.timed in (None, row.timed)

    def absent(self, values: Collection[float]) -> bool:
        """Whether one of the values is no number of this measure."""
        return not self.counts and min(values) <= 0

    @property
    def head(self) -> str:
        """The measure as the head of a column."""
        return f"{self.name}, {self.unit}" if self.unit else self.name


SPEED = Measure("speed", "M ops/s", lambda run: run.ops_per_s / 1e6, True, "faster", "slower",
                timed=False)
TIME = Measure("time", "s", lambda run: run.seconds, False, "faster", "slower", timed=True)
PEAK = Measure("peak RSS", "MiB", lambda run: run.peak_rss_kib / 1024, False, "smaller", "larger")
# What a measurement is made for; its verdicts are one family.  All other measures are explored:
# they are a family of their own, and say where to look.
PRIMARY = (SPEED, TIME, PEAK)
EXPLORED = (
    Measure("RSS at the end", "MiB", lambda run: run.rss_kib / 1024, False, "smaller", "larger"),
    Measure("page faults", "", lambda run: run.minor_faults, False, "fewer", "more", least=100,
            counts=True),
    Measure("user time", "s", lambda run: run.user_s, False, "less", "more", least=0.02,
            counts=True),
    Measure("system time", "s", lambda run: run.sys_s, False, "less", "more", least=0.02,
            counts=True),
    Measure("latency p50", "ns", lambda run: run.p50_ns, False, "shorter", "longer", least=1),
    Measure("latency p99", "ns", lambda run: run.p99_ns, False, "shorter", "longer", least=1),
    Measure("latency p99.9", "ns", lambda run: run.p999_ns, False, "shorter", "longer", least=1),
)
MEASURES = PRIMARY + EXPLORED


def lead(row: Row) -> Measure:
    """The measure that a row is about: time of a timed row, else speed."""
    return next(measure for measure in (SPEED, TIME) if measure.has(row))
