"""One measurement, from the sanity runs to the last run: results.csv, raw output, and what run.json
says of the circumstances."""

import dataclasses
import datetime
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console

from bench.lab.base import machine, paths
from bench.lab.base.progress import RunsBar
from bench.lab.run import draw, execute, sanity, schedule
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.run.until import Until
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


@dataclass
class Measured:
    """The result of a session, also of one that did not get to its end."""

    runs: Runs
    about: dict  # what run.json says; `interrupted` is set if it did not
    failure: OSError | None = None  # such as a full disk: what ended the runs


@dataclass
class Session:
    """The rows and variants to measure, and the folder of the results."""

    command: str  # as the user would type it
    manifest: Manifest
    rows: list[Row]
    variants: list[Variant]
    until: Until
    seed: int
    timeout: float  # of one run, seconds
    folder: Folder
    order: schedule.Order = schedule.interleave
    # Whether a row is left out for all variants if one of them does not work.
    all_or_none: bool = False
    checked: bool = False  # that all variants work is known already
    question: str | None = None  # that the runs answer, for run.json

    def measure(self, console: Console) -> Measured:
        """Runs everything, until Ctrl-C or an OSError ends it."""
        made = Measured(Runs(self.rows, self.variants), self._about())
        before = machine.now()
        broken = sanity.Broken()
        try:
            if not self.checked:
                broken = sanity.find(console, made.runs, self.manifest, self.folder, self.timeout)
            self._run_all(console, made.runs, broken.cells)
        except KeyboardInterrupt:
            made.about["interrupted"] = True
        except OSError as error:
            made.about["interrupted"] = True
            made.failure = error
        made.about["reps"] = self.until.rounds or max(
            (job.rep for job, _ in made.runs.made), default=0)
        after = machine.now()
        made.about["load_after"] = machine.load()
        made.about["steal_percent"] = round(machine.steal_percent(before, after), 2)
        made.about["doubts"] = machine.doubts(
            before, after, max(row.threads for row in self.rows)) + broken.doubts
        return made

    def _about(self) -> dict:
        return {
            "command": self.command,
            "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "machine": machine.describe(),
            "load_before": machine.load(),
            "load_after": machine.load(),
            "steal_percent": 0.0,
            "doubts": [],
            "affinity": sorted(os.sched_getaffinity(0)),
            "commit": machine.commit(paths.workspace()),
            "profiles": machine.profile_hashes(paths.workspace()),
            "build": self.manifest.build,
            "sweep": self.manifest.sweep,
            "rows": [row.title for row in self.rows],
            "variants": [variant.name for variant in self.variants],
            "missing": [{"name": peer.name, "package": peer.package}
                        for peer in self.manifest.missing],
            "reps": 0,
            "question": self.question,
            "layouts": draw.varied(self.rows, self.variants),
            "seed": self.seed,
            "interrupted": False,
        }

    def _run_all(self, console: Console, runs: Runs, broken: set[tuple[str, str]]) -> None:
        without = {key for _, key in broken} if self.all_or_none else set()
        rows = [row for row in self.rows if row.key not in without]
        with RunsBar(console, self._count(rows, broken)) as bar:
            for group in self._groups(rows, runs, broken):
                bar.begin(f"{group[0].row.program} {group[0].variant.name}")
                for job, run in zip(group, self._run(group)):
                    self.folder.add(job, run)
                    runs.add(job, run, str(self.folder.raw(job).relative_to(self.folder.path)))
                bar.done(len(group), self.until.share())

    def _count(self, rows: list[Row], broken: set[tuple[str, str]]) -> int | None:
        """All runs that will be made; None if that is not known beforehand."""
        if self.until.rounds is None:
            return None
        return self.until.rounds * sum((variant.name, row.key) not in broken for row in rows
                                       for variant in self.variants if not variant.why_not(row))

    def _groups(self, rows: list[Row], runs: Runs,
                broken: set[tuple[str, str]]) -> Iterator[list[Job]]:
        """The jobs in their order; those of a group run at once, each on a processor."""
        rng = random.Random(self.seed)
        draws = draw.Draws(rng)
        cpus = sorted(os.sched_getaffinity(0))
        rep = 0
        while left := self.until.left(rows, runs):
            rep += 1
            drawn = {row.key: draws.draw(row, self.variants) for row in left}
            for group in self.order(left, self.variants, rng):
                jobs = [Job(row, variant, rep, drawn[row.key]) for row, variant in group
                        if (variant.name, row.key) not in broken]
                if 1 < len(jobs) <= len(cpus):
                    yield [dataclasses.replace(job, cpu=cpu) for job, cpu in zip(jobs, cpus)]
                else:
                    yield from ([job] for job in jobs)

    def _run(self, group: list[Job]) -> list[Run]:
        if len(group) == 1:
            return [self._run_one(group[0])]
        with ThreadPoolExecutor(len(group)) as pool:
            return list(pool.map(self._run_one, group))

    def _run_one(self, job: Job) -> Run:
        variant, link = job.variant, job.draw.link
        bound = [] if job.cpu is None else ["taskset", "--cpu-list", str(job.cpu)]
        run = execute.run([*bound, *variant.command(job.row, link)], self.timeout,
                          self.folder.raw(job),
                          draw.environment(job.draw, variant, job.row, self.variants),
                          job.row.folder)
        fixed = variant.links(job.row) == 1
        return dataclasses.replace(run.without(variant.more), layout=-1 if fixed else link)
