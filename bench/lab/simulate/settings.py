"""How made-up runs vary: a setting for each kind of noise that machines and allocators have.

Slowness is the logarithm of the factor by which a run takes longer: 0.01 is 1 %.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import signal

from bench.lab.judge.measures import EXPLORED, PEAK, SPEED, Measure

ROUNDS = 15  # of pairs: the default of bench:ab
FULL_ROUNDS = 24  # with --full
OWN = 0.01  # slowness of a run's own, standard deviation
COMMON = 0.10  # of a round
SLOWED, SLOWED_BY = 0.1, 0.3  # share of slowed runs; their mean slowness
DRIFT, MEMORY = 0.05, 0.98  # of the machine; how much of it is left one run later
LAYOUT, LINKS = 0.08, 32  # of a layout; how many there are
FAULTS = next(one for one in EXPLORED if one.name == "page faults")

Array = np.ndarray
Numbers = dict[str, Array]  # field of Run -> rows x variants x rounds


@dataclass(frozen=True)
class Setting:
    """One kind of noise.  B differs from A in `measure`, if it differs."""

    name: str
    words: str
    # From the places of all runs in the order of time, rows x variants x rounds.
    slowness: Callable[[np.random.Generator, Array], Array]
    measure: Measure = SPEED
    rounds: int = ROUNDS
    layout: float = 0.0  # slowness of a layout, standard deviation
    links: int = 1
    # In place of the usual numbers; from the factors by which they are larger.
    other: Callable[[np.random.Generator, Array], Numbers] = lambda _rng, _factors: {}

    @property
    def of_pairs(self) -> bool:
        """Whether it says nothing new of anything but pairs."""
        return self.measure is not SPEED or self.rounds != ROUNDS


def _own(rng: np.random.Generator, places: Array) -> Array:
    return rng.normal(0, OWN, places.shape)


def _common(rng: np.random.Generator, places: Array) -> Array:
    rows, _, rounds = places.shape
    return _own(rng, places) + rng.normal(0, COMMON, (rows, 1, rounds))


def _tails(rng: np.random.Generator, places: Array) -> Array:
    slowed = rng.random(places.shape) < SLOWED
    return _own(rng, places) + slowed * rng.exponential(SLOWED_BY, places.shape)


def _drift(rng: np.random.Generator, places: Array) -> Array:
    steps = rng.normal(0, DRIFT * (1 - MEMORY ** 2) ** 0.5, places.size)
    steps[0] = rng.normal(0, DRIFT)
    return _own(rng, places) + signal.lfilter([1.0], [1.0, -MEMORY], steps)[places]


def _ties(rng: np.random.Generator, factors: Array) -> Numbers:
    """2 MiB, and one to three pages of 4 KiB more."""
    pages = 500 + rng.choice([1, 2, 3], factors.shape, p=[0.5, 0.3, 0.2])
    return {"peak_rss_kib": 4 * pages * factors}


def _zeros(rng: np.random.Generator, factors: Array) -> Numbers:
    """About 500, but in three of ten runs none; a larger number is so much more in each run."""
    faults = np.where(rng.random(factors.shape) < 0.3, 0, rng.poisson(500, factors.shape))
    return {"minor_faults": faults + 500 * (factors - 1)}


SETTINGS = (
    Setting("own", "1 % of noise, log-normal", _own),
    Setting("common", "1 % of a run's own, 10 % common to a round", _common),
    Setting("tails", "1 %, and one run of ten is slower by 30 % on average, as beside other work",
            _tails),
    Setting("drift", "1 %, and the machine drifts by 5 %, autocorrelated", _drift),
    Setting("layouts", "1 %, and 8 % of the layout, 32 of them, new in each round", _own,
            layout=LAYOUT, links=LINKS),
    Setting("reused", f"the same in {2 * LINKS} rounds: each layout comes twice", _own, rounds=2 * LINKS,
            layout=LAYOUT, links=LINKS),
    Setting("ties", "peak RSS of three levels, a page of 4 KiB apart", _own, PEAK, other=_ties),
    Setting("zeros", "page faults, none in three of ten runs", _own, FAULTS, other=_zeros),
)
