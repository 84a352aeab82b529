"""One measurement, from the sanity runs to the last run: results.csv, raw output, and what run.json
says of the circumstances."""

import datetime
import os
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from bench.lab.base import machine, paths
from bench.lab.base.progress import RunsBar
from bench.lab.run import execute, sanity, schedule
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
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
    reps: int
    seed: int
    timeout: float  # of one run, seconds
    folder: Folder
    order: Callable[[list[Row], list[Variant], int, int],
                    list[schedule.Job]] = schedule.interleave
    # Whether a row is left out for all variants if one of them does not work.
    all_or_none: bool = False

    def measure(self, console: Console) -> Measured:
        """Runs everything, until Ctrl-C or an OSError ends it."""
        made = Measured(Runs(self.rows, self.variants), self._about())
        before = machine.now()
        broken = sanity.Broken()
        try:
            broken = sanity.find(console, made.runs, self.manifest, self.folder, self.timeout)
            self._run_all(console, made.runs, broken.cells)
        except KeyboardInterrupt:
            made.about["interrupted"] = True
        except OSError as error:
            made.about["interrupted"] = True
            made.failure = error
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
            "profiles": machine.profile_hashes(paths.workspace()),
            "build": self.manifest.build,
            "sweep": self.manifest.sweep,
            "rows": [row.title for row in self.rows],
            "variants": [variant.name for variant in self.variants],
            "missing": [{"name": peer.name, "package": peer.package}
                        for peer in self.manifest.missing],
            "reps": self.reps,
            "seed": self.seed,
            "interrupted": False,
        }

    def _run_all(self, console: Console, runs: Runs, broken: set[tuple[str, str]]) -> None:
        without = {key for _, key in broken} if self.all_or_none else set()
        jobs = [job for job in self.order(self.rows, self.variants, self.reps, self.seed)
                if (job.variant.name, job.row.key) not in broken and job.row.key not in without]
        with RunsBar(console, len(jobs)) as bar:
            for job in jobs:
                bar.begin(f"{job.row.program} {job.variant.name}")
                raw = self.folder.raw(job)
                run = execute.run(job.variant.command(job.row), self.timeout, raw,
                                  job.variant.environment(job.row), job.row.folder)
                run = run.without(job.variant.more)
                self.folder.add(job, run)
                runs.add(job, run, str(raw.relative_to(self.folder.path)))
                bar.done()
