"""All simulated reports: every experiment in every setting that it is about."""

import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bench.lab.base.errors import UsageError
from bench.lab.simulate import in_matrix, in_pairs, in_time
from bench.lab.simulate.figures import Counts, Experiment, Figure
from bench.lab.simulate.settings import SETTINGS, Setting

EXPERIMENTS = in_pairs.EXPERIMENTS + in_matrix.EXPERIMENTS + in_time.EXPERIMENTS


def chosen(names: Sequence[str]) -> list[Setting]:
    """The settings of these names, all of them for none.  Raises UsageError for a name that there is
    not."""
    known = {setting.name: setting for setting in SETTINGS}
    for name in names:
        if name not in known:
            raise UsageError(f"--setting: there is no {name}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(SETTINGS)


def plan(settings: Sequence[Setting], reports: int) -> list[tuple[Setting, Experiment, int]]:
    """How many reports of each experiment there are in each setting, at least one."""
    return [(setting, experiment, max(1, round(reports * experiment.part)))
            for setting in settings for experiment in EXPERIMENTS
            if experiment.of_pairs or not setting.of_pairs]


def simulate(planned: Sequence[tuple[Setting, Experiment, int]], seed: int,
             begin: Callable[[str], None], done: Callable[[], None]) -> Iterator[Figure]:
    """The figures of one experiment after the other.  A report follows from the seed, its setting,
    its experiment and its number: it is the same whatever else is simulated."""
    for setting, experiment, reports in planned:
        begin(f"{setting.name}: {experiment.name}")
        counts = Counts()
        key = [seed, *(zlib.crc32(name.encode()) for name in (setting.name, experiment.name))]
        for number in range(reports):
            experiment.report(setting, np.random.default_rng([*key, number]), counts)
            done()
        for what in experiment.whats:
            if found := counts.estimate(what):
                yield Figure(setting, experiment, what, *found)
