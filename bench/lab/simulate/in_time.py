"""Several occasions as one, and measurements that end when the answer is known."""

import math
from dataclasses import dataclass

import numpy as np

from bench.lab.judge import paired
from bench.lab.judge.measures import SPEED
from bench.lab.judge.pairs import Pairs
from bench.lab.measure import asked
from bench.lab.run.runs import Runs
from bench.lab.select.options import WITHIN
from bench.lab.select.question import Question
from bench.lab.select.row import Row
from bench.lab.select.rows import QUICK
from bench.lab.simulate.figures import Counts, Experiment, What
from bench.lab.simulate.made_up import SECONDS, Measurement, variant
from bench.lab.simulate.settings import ROUNDS, Setting
from bench.lab.stats import occasions
from bench.lab.stats.estimate import FAMILY, LEVEL
from bench.lab.stats.signed_ranks import SignedRanks

OCCASIONS = (2, 3, 5, 10)
SPREADS = (0, 2)  # percent, standard deviation between occasions
_JOINED = f"Occasions joined, {ROUNDS} rounds each"
COVERS = {(spread, k): What(
    f"covers {spread} {k}", f"{k} occasions, {spread} % between them: the interval holds the truth",
    at_least=LEVEL) for spread in SPREADS for k in OCCASIONS}
WIDTH = {(spread, k): What(f"half width {spread} {k}",
                           f"{k} occasions, {spread} % between them: half width", average=True)
         for spread in SPREADS for k in OCCASIONS}

_ROWS = QUICK[:2]
_LOOKS = f"Until the answer is known, {len(_ROWS)} rows, at most {WITHIN:g} s each"


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _pair(setting: Setting, rows: tuple[Row, ...], rounds: int, b: float) -> Measurement:
    variants = [variant(name, rows, setting) for name in ("a", "b")]
    return Measurement(setting, rows, variants, rounds, np.array([[1.0, b]] * len(rows)))


def _occasions(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    """The same programs each time, so the same layouts."""
    layouts = _pair(setting, _ROWS[:1], ROUNDS, 1.0).layouts(rng)
    for spread in SPREADS:
        pairs = []
        for _ in range(max(OCCASIONS)):
            true = math.exp(spread / 100 * rng.standard_normal())
            runs = _pair(setting, _ROWS[:1], ROUNDS, true).runs(rng, layouts)
            pairs.append((runs.of(_ROWS[0], "b"), runs.of(_ROWS[0], "a")))
        found = [paired.evidence(SPEED.of, b, a) for b, a in pairs]
        for k in OCCASIONS:
            shared = paired.shared_layouts(SPEED.of, pairs[:k])
            joined = occasions.join([one.centre for one in found[:k]],
                                    [_error(one) for one in found[:k]],
                                    _error(shared) if shared else 0.0)
            low, high = joined.interval()
            counts.add(COVERS[spread, k], low <= 0 <= high)
            counts.add(WIDTH[spread, k], 100 * (high - low) / 2)


def _error(found: SignedRanks) -> float:
    return occasions.error_of(*found.interval(1 - LEVEL))


def _sequential(setting: Setting, rng: np.random.Generator, question: Question,
                b: float) -> tuple[Pairs, float]:
    """The report, and the share of the time that it took."""
    clock = Clock()
    rows = list(_ROWS)
    what = asked.OfSeconds(question, WITHIN, clock)
    most = math.ceil(WITHIN * len(rows) / (2 * SECONDS)) + 1
    measured = _pair(setting, _ROWS, most, b)
    runs = Runs(rows, measured.variants)
    rounds = measured.made(rng)
    while left := {row.key for row in what.until.left(rows, runs)}:
        for job, run in next(rounds):
            if job.row.key in left:
                runs.add(job, run, "")
                clock.now += SECONDS
    return what.judge(runs), what.until.share()


@dataclass(frozen=True)
class _Case:
    """One question and one truth."""

    name: str
    words: str
    question: Question
    slower: float  # percent, both rows
    wrong: str = ""  # the verdict that is wrong
    right: str = ""

    @property
    def whats(self) -> tuple[What, ...]:
        """Reports with a wrong verdict, rows with the right one, intervals, time."""
        def what(key: str, words: str, **promise) -> What:
            return What(f"{self.name} {key}", f"{self.words}: {words}", **promise)

        return (what("wrong", f"reports with a row that is {self.wrong}", at_most=FAMILY),
                what("right", f"rows that are {self.right}"),
                what("covers", "the interval holds the truth", at_least=LEVEL),
                what("time", "share of the time", average=True))

    def report(self, setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
        """One."""
        b = 1 + self.slower / 100
        found, time = _sequential(setting, rng, self.question, b)
        lines = found.outcomes[0].rows[SPEED]
        wrong, right, covers, spent = self.whats
        if self.wrong:
            counts.add(wrong, any(one.verdict in _MEANS[self.wrong] for one in lines))
        for one in lines:
            if self.right:
                counts.add(right, one.verdict in _MEANS[self.right])
            if one.effect.enough:
                counts.add(covers, not one.effect.excludes(1 / b))
        counts.add(spent, 100 * time)


_MEANS = {"different": ("better", "worse"), "the same": ("same",), "worse": ("worse",)}
_WITHIN_1 = Question(same_within=0.01, same_first=True)
_CASES = (
    _Case("default, none", "same within 5 %, no difference", Question(), 0, "different",
          "the same"),
    _Case("default, 1", "same within 5 %, 1 % slower", Question(), 1, right="the same"),
    _Case("within 1, none", "same within 1 %, no difference", _WITHIN_1, 0, "different",
          "the same"),
    _Case("within 1, edge", "same within 1 %, 1 % slower", _WITHIN_1, 1, "the same", "worse"),
    _Case("within 1, 3", "same within 1 %, 3 % slower", _WITHIN_1, 3, "the same", "worse"),
    _Case("precision", "interval of 1 % to each side, 1 % slower", Question(precision=0.01), 1),
)
EXPERIMENTS = (
    Experiment("occasions", _JOINED, (*COVERS.values(), *WIDTH.values()), _occasions),
    *(Experiment(f"until known: {case.name}", _LOOKS, case.whats, case.report, 0.2)
      for case in _CASES),
)
