"""One measurement from the sanity runs to the written results; what its command does not decide."""

import datetime
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.lab.base import machine
from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.run import execute, sanity, schedule
from bench.lab.run.results import Folder
from bench.lab.select import anycommand, options
from bench.lab.select.rows import Row
from bench.lab.select.variants import Manifest, Variant

PEER_PACKAGES = ["libc6", "libmimalloc-dev", "libjemalloc-dev", "libgoogle-perftools-dev",
                 "libtbb-dev", "bazel-bootstrap"]


@dataclass
class Session:
    """What to measure and where to put it."""

    command: str  # as the user would type it
    manifest: Manifest
    rows: list[Row]
    variants: list[Variant]
    reps: int
    seed: int
    timeout: float  # of one run, seconds
    folder: Folder
    # What to write beside results.csv and run.json, and the order of the runs.
    write: Callable[[Folder, Table, dict], None]
    order: Callable[[list[Row], list[Variant], int, int], list[schedule.Job]] = schedule.interleave
    # Whether a row is of no use where one of the variants does not work.
    all_or_none: bool = False

    def measure(self, console: Console) -> tuple[Table, int]:
        """Runs everything; the table, and the exit status 0, 1 (a run failed) or 130 (Ctrl-C).

        The files of the results are written in each case, also when an OSError ends the runs.
        """
        table = Table(self.rows, self.variants)
        about = self._about()
        before = machine.now()
        failure: OSError | None = None
        broken = sanity.Broken()
        try:
            broken = sanity.find(console, table, self.manifest, self.folder, self.timeout)
            self._runs(console, table, broken.cells)
        except KeyboardInterrupt:
            about["interrupted"] = True
        except OSError as error:  # such as a full disk; what there is room for is written
            about["interrupted"] = True
            failure = error
        after = machine.now()
        about["load_after"] = machine.load()
        about["steal_percent"] = round(machine.steal_percent(before, after), 2)
        about["doubts"] = machine.doubts(before, after, max(row.threads for row in self.rows)) \
            + broken.doubts
        if not stats.enough_pairs(self.reps):
            about["doubts"].append(f"{stats.too_few(self.reps)}: nothing here is a verdict")
        try:
            self.folder.write_json("run.json", about)
            self.write(self.folder, table, about)
        except OSError as error:
            failure = failure or error
        if failure:
            raise failure
        if about["interrupted"]:
            return table, 130
        return table, 1 if table.failed else 0

    def _about(self) -> dict:
        root = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "."))
        return {
            "command": self.command,
            "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "machine": machine.describe(PEER_PACKAGES),
            "load_before": machine.load(),
            "load_after": machine.load(),
            "steal_percent": 0.0,
            "doubts": [],
            "affinity": sorted(os.sched_getaffinity(0)),
            "profiles": machine.profile_hashes(root),
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

    def _runs(self, console: Console, table: Table, broken: set[tuple[str, str]]) -> None:
        without = {key for _, key in broken} if self.all_or_none else set()
        jobs = [job for job in self.order(self.rows, self.variants, self.reps, self.seed)
                if (job.variant.name, job.row.key) not in broken and job.row.key not in without]
        with _progress(console, len(jobs)) as progress:
            for job in jobs:
                progress.begin(f"{job.row.program} {job.variant.name}")
                raw = self.folder.raw(job)
                run = job.variant.counted(execute.run(
                    job.variant.command(job.row), self.timeout, raw,
                    job.variant.environment(job.row), anycommand.folder_of(job.row)))
                self.folder.add(job, run)
                table.add(job, run, str(raw.relative_to(self.folder.path)))
                progress.done()


def run_session(session: Session, command: str, console: Console,
                show: Callable[[Table], None]) -> int:
    """Measures, shows the table and says where the results are; the exit status of a command.

    What is finished is kept when the user interrupts, and when the disk is full.  A line on
    standard error names what failed first.
    """
    folder = session.folder.path

    def work() -> int:
        table, status = session.measure(console)
        show(table)
        console.print(f"results: {folder}", markup=False, soft_wrap=True)
        if status == 130:
            print(f"{command}: interrupted: the finished runs are in {folder}", file=sys.stderr)
        elif table.failed:
            print(f"{command}: failed: {table.failures[0]}{_more(table)}", file=sys.stderr)
        return status

    return options.keeping(command, folder, work)


def _more(table: Table) -> str:
    n = len(table.failures) - 1
    return f"; and {n} more, see summary.md" if n else ""


class _progress:
    """A bar with the remaining time on a terminal, a line for every tenth elsewhere."""

    def __init__(self, console: Console, total: int):
        self._console = console
        self._total = total
        self._count = 0
        self._bar = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description:44}", markup=False), BarColumn(),
                MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True,
            )
            self._task = self._bar.add_task("", total=total)

    def __enter__(self):
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_):
        if self._bar:
            self._bar.stop()

    def begin(self, what: str) -> None:
        if self._bar:
            self._bar.update(self._task, description=what)

    def done(self) -> None:
        self._count += 1
        if self._bar:
            self._bar.advance(self._task)
        elif self._count * 10 // self._total != (self._count - 1) * 10 // self._total:
            self._console.print(f"{self._count} of {self._total} runs")
