"""Reports of many variants, as of bench:matrix: bars, strengths, changes since an earlier
measurement."""

from pathlib import Path

import numpy as np

from bench.lab.judge import bars, regress, strengths
from bench.lab.judge.cells import Cells
from bench.lab.judge.measures import SPEED
from bench.lab.run import schedule
from bench.lab.run.earlier import Earlier
from bench.lab.run.runs import Runs
from bench.lab.select.rows import QUICK
from bench.lab.simulate.figures import Counts, Experiment, What
from bench.lab.simulate.made_up import Measurement, variant
from bench.lab.simulate.settings import Setting
from bench.lab.stats.estimate import FAMILY, LEVEL

ROUNDS = 12  # the default of bench:matrix
PEERS = ("system", "mi", "je", "tc", "tbb")
TRUE = (0.95, 1.0, 1.05)  # of a bar
FARTHER = 1.2  # times as slow as the nearest peer: the others
MACHINE = 1.05  # how much slower the machine is now than it was then
DAYS = 0.02  # slowness of a row and variant on another day, standard deviation
SLOWER = 1.15
MORE_NOISE, LONG = 3, 30  # times the noise then, and the rounds then

_BARS = f"Bars: a variant and {len(PEERS)} peers in {len(QUICK)} rows, {ROUNDS} rounds"
_SELDOM = {(0.95, bars.MET), (1.0, bars.MET), (1.0, bars.MISSED), (1.05, bars.MISSED)}
VERDICTS = {(true, verdict): What(
    f"{true} {verdict}", f"{true:.2f} times as fast as the bar asks: {verdict}",
    at_most=1 - LEVEL if (true, verdict) in _SELDOM else None)
    for true in TRUE for verdict in (bars.MET, bars.MISSED, bars.UNDECIDED)}

_STANDING = f"Strengths: a variant and {len(PEERS)} peers in {len(QUICK)} rows, {ROUNDS} rounds"
STRONG, WEAK = (What(f"false {word}", f"all alike: reports with a {word}", at_most=FAMILY)
                for word in ("strength", "weakness"))
STRONG_SEEN, WEAK_SEEN = (What(f"{word} seen", f"twice as {how} as all: rows that are a {word}")
                          for how, word in (("fast", "strength"), ("slow", "weakness")))

_EARLIER = f"Against an earlier measurement of {len(QUICK)} rows, {ROUNDS} rounds each"
CHANGED = What("false change", "no change: reports with one", at_most=FAMILY)
REGRESSED = What("false regression", "no change: reports with a regression of 10 %",
                 at_most=FAMILY)
NOISIER = What("false change noisier", f"no change, but {MORE_NOISE} times the noise of "
               f"{LONG} rounds then: reports with one", at_most=FAMILY)
OTHER_DAY = What("false change other day", "days differ by 2 %: reports with a change")
REGRESSED_OTHER_DAY = What("false regression other day",
                           "days differ by 2 %: reports with a regression of 10 %")
REGRESSION = What("regression seen", "15 % slower: rows with a regression of 10 %")


def _matrix(setting: Setting, factors: np.ndarray, peers: tuple[str, ...] = PEERS,
            rounds: int = ROUNDS, noise: float = 1.0) -> Measurement:
    variants = [variant("hakmem", QUICK, setting, profile="default")]
    variants += [variant(name, QUICK, setting, "system" if name == "system" else "peer")
                 for name in peers]
    return Measurement(setting, QUICK, variants, rounds, factors, order=schedule.interleave,
                       noise=noise)


def _bars(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    asked = np.array([row.bar for row in QUICK])
    for true in TRUE:
        factors = np.ones((len(QUICK), 1 + len(PEERS)))
        factors[:, 1] = true * asked
        factors[:, 2:] = FARTHER * true * asked[:, None]
        for one in bars.judge(Cells(_matrix(setting, factors).runs(rng))):
            if one.what == "speed":
                for verdict in (bars.MET, bars.MISSED, bars.UNDECIDED):
                    counts.add(VERDICTS[true, verdict], one.verdict == verdict)


def _strengths(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    factors = np.ones((len(QUICK), 1 + len(PEERS)))
    found = strengths.judge(Cells(_matrix(setting, factors).runs(rng)))
    counts.add(STRONG, bool(found.strong))
    counts.add(WEAK, bool(found.weak))
    for mine, what in ((0.5, STRONG_SEEN), (2.0, WEAK_SEEN)):
        factors[:, 0] = mine
        found = strengths.judge(Cells(_matrix(setting, factors).runs(rng)))
        seen = len(found.strong if mine < 1 else found.weak)
        for number in range(len(QUICK)):
            counts.add(what, number < seen)


def _change(setting: Setting, rng: np.random.Generator, mine: float = 1.0, days: float = 0.0,
            rounds: int = ROUNDS, noise: float = 1.0) -> list[regress.Change]:
    """Of the variant of hakmem's, which takes `mine` times as long now, with `noise` times as much
    noise as in the `rounds` of then."""
    before, now = (np.exp(days * rng.standard_normal((len(QUICK), 2))) for _ in range(2))
    then = _matrix(setting, before, PEERS[:1], rounds).runs(rng)
    measured = _matrix(setting, now * MACHINE * np.array([mine, 1.0]), PEERS[:1], noise=noise)
    return [one for one in regress.compare(measured.runs(rng), _earlier(then))
            if one.variant.kind == "profile"]


def _changed(found: list[regress.Change]) -> bool:
    return any(one.judged.verdict in ("better", "worse") for one in found)


def _earlier(runs: Runs) -> Earlier:
    return Earlier(Path("earlier"), {}, {
        (row.program, row.params, one.name): runs.of(row, one.name)
        for row in runs.rows for one in runs.variants})


def _changes(setting: Setting, rng: np.random.Generator, counts: Counts) -> None:
    for days, changed, regressed in ((0.0, CHANGED, REGRESSED),
                                     (DAYS, OTHER_DAY, REGRESSED_OTHER_DAY)):
        found = _change(setting, rng, days=days)
        counts.add(changed, _changed(found))
        counts.add(regressed, bool(regress.regressions(found)))
    counts.add(NOISIER, _changed(_change(setting, rng, rounds=LONG, noise=MORE_NOISE)))
    for one in _change(setting, rng, SLOWER):
        if one.judged.measure is SPEED:
            counts.add(REGRESSION, bool(one.mark))


EXPERIMENTS = (
    Experiment("bars", _BARS, tuple(VERDICTS.values()), _bars, 0.2),
    Experiment("strengths", _STANDING, (STRONG, WEAK, STRONG_SEEN, WEAK_SEEN), _strengths, 0.2),
    Experiment("changes", _EARLIER,
               (CHANGED, REGRESSED, NOISIER, OTHER_DAY, REGRESSED_OTHER_DAY, REGRESSION), _changes),
)
