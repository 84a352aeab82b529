"""Runs out of numbers: as programs would leave them that vary as a setting says."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.run import schedule
from bench.lab.run.draw import Draw, Draws
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.simulate.settings import FAULTS, Array, Numbers, Setting

SECONDS = 0.3  # of an ordinary run
_FIELDS = ("ops", "seconds", "ops_per_s", "peak_rss_kib", "rss_kib", "minor_faults", "user_s",
           "sys_s", "p50_ns", "p99_ns", "p999_ns", "max_ns")
_FIELD = {SPEED: "seconds", PEAK: "peak_rss_kib", FAULTS: "minor_faults"}  # that a factor is of


def variant(name: str, rows: Sequence[Row], setting: Setting, kind: str = "profile",
            profile: str | None = None) -> Variant:
    """With programs that nobody runs, in as many links as the setting has."""
    programs = {row.program: Path(row.program) for row in rows}
    return Variant(name, kind, "shared", programs, profile, programs={
        name: (path,) * setting.links for name, path in programs.items()
        if setting.links > 1})


@dataclass(frozen=True)
class Measurement:
    """What is measured: rows, variants, rounds; `factors`, rows x variants, tell how many times as
    much a variant has of `measure`, or how many times as long it takes."""

    setting: Setting
    rows: Sequence[Row]
    variants: list[Variant]
    rounds: int
    factors: Array
    measure: Measure = SPEED
    order: schedule.Order = schedule.pair
    noise: float = 1.0  # times that of the setting

    def layouts(self, rng: np.random.Generator) -> Array | None:
        """The slowness of each layout, rows x variants x links; None: there is but one."""
        setting = self.setting
        shape = (len(self.rows), len(self.variants), setting.links)
        return rng.normal(0, setting.layout, shape) if setting.links > 1 else None

    def made(self, rng: np.random.Generator,
             layouts: Array | None = None) -> Iterator[list[tuple[Job, Run]]]:
        """All runs, by round; `layouts`, if they are those of an earlier measurement."""
        own = random.Random(int(rng.integers(1 << 62)))
        draws = Draws(own)
        where = {row.key: i for i, row in enumerate(self.rows)}
        which = {one.name: i for i, one in enumerate(self.variants)}
        places = np.zeros((len(self.rows), len(self.variants), self.rounds), dtype=int)
        jobs: list[list[tuple[int, int, Job]]] = []
        place = 0
        for number in range(self.rounds):
            drawn = [draws.draw(row, self.variants) if self.setting.links > 1 else Draw()
                     for row in self.rows]
            jobs.append([])
            for group in self.order(list(self.rows), self.variants, own):
                for row, one in group:
                    i, j = where[row.key], which[one.name]
                    places[i, j, number] = place
                    jobs[-1].append((i, j, Job(row, one, number + 1, drawn[i])))
                    place += 1
        numbers = self._numbers(rng, places, jobs, layouts)
        values = np.stack([numbers[name] for name in _FIELDS], axis=-1).tolist()
        fixed = self.setting.links == 1
        for number, of_round in enumerate(jobs):
            yield [(job, Run("ok", *values[i][j][number], layout=-1 if fixed else job.draw.link))
                   for i, j, job in of_round]

    def runs(self, rng: np.random.Generator, layouts: Array | None = None) -> Runs:
        """The same, as a session leaves them."""
        found = Runs(list(self.rows), self.variants)
        for of_round in self.made(rng, layouts):
            for job, run in of_round:
                found.add(job, run, "")
        return found

    def _numbers(self, rng: np.random.Generator, places: Array,
                 jobs: list[list[tuple[int, int, Job]]], layouts: Array | None) -> Numbers:
        setting, shape = self.setting, places.shape
        slowness = self.noise * setting.slowness(rng, places)
        effects = self.layouts(rng) if layouts is None else layouts
        if effects is not None:
            for number, of_round in enumerate(jobs):
                for i, j, job in of_round:
                    slowness[i, j, number] += effects[i, j, job.draw.link]
        factors = np.broadcast_to(np.asarray(self.factors, dtype=float)[..., None], shape)

        def around(middle: float, spread: float) -> Array:
            return middle * np.exp(spread * rng.standard_normal(shape))

        found = {
            "seconds": SECONDS * np.exp(slowness),
            "peak_rss_kib": 4 * np.round(around(5000, 0.005)),
            "rss_kib": 4 * np.round(around(2500, 0.01)),
            "minor_faults": rng.poisson(500, shape), "sys_s": around(0.05, 0.1),
            "p50_ns": np.round(around(20, 0.05)), "p99_ns": np.round(around(90, 0.1)),
            "p999_ns": np.round(around(900, 0.2)), "max_ns": np.round(around(1e6, 0.7)),
        }
        name = _FIELD[self.measure]
        other = setting.other(rng, factors if self.measure is setting.measure
                              else np.ones(shape))
        found |= other
        if name not in other:
            found[name] = found[name] * factors
        ops = np.full(shape, 3e7)
        return {**found, "ops": ops, "ops_per_s": ops / found["seconds"],
                "user_s": found["seconds"] * 0.9}
