"""One measurement from the sanity runs to the written results; what its command does not decide."""

import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.lab import bars, execute, machine, report, schedule, summary
from bench.lab.analysis import Table
from bench.lab.results import Folder
from bench.lab.rows import Row, sanity_row
from bench.lab.variants import Manifest, Variant

PEER_PACKAGES = ["libc6", "libmimalloc-dev", "libjemalloc-dev", "libgoogle-perftools-dev",
                 "libtbb-dev", "bazel-bootstrap"]
SANITY_TIMEOUT = 20.0  # seconds


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

    def measure(self, console: Console) -> tuple[Table, int]:
        """Runs everything; the table, and the exit status 0, 1 (a run failed) or 130 (Ctrl-C).

        The files of the results are written in each case.
        """
        table = Table(self.rows, self.variants)
        about = self._about()
        try:
            broken = self._sanity(console, table)
            self._runs(console, table, broken)
        except KeyboardInterrupt:
            about["interrupted"] = True
        about["load_after"] = machine.load()
        self.folder.write_json("run.json", about)
        self.folder.write("summary.md", summary.render(table, about))
        self.folder.write("report.html", report.render(table, about))
        judged = bars.judge(table)
        if judged:
            self.folder.write("bars.csv", bars.as_csv(judged))
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
            "profiles": machine.profile_hashes(root),
            "build": self.manifest.build,
            "rows": [f"{row.program} {row.params}" for row in self.rows],
            "variants": [variant.name for variant in self.variants],
            "missing": [{"name": peer.name, "package": peer.package}
                        for peer in self.manifest.missing],
            "reps": self.reps,
            "seed": self.seed,
            "interrupted": False,
        }

    def _sanity(self, console: Console, table: Table) -> set[tuple[str, str]]:
        """Runs each program of each variant once, briefly; (variant, program) that do not work."""
        programs = list(dict.fromkeys(row.program for row in self.rows))
        broken = set()
        for variant in self.variants:
            for program in programs:
                row = sanity_row(program)
                if variant.why_not(row):
                    continue
                log = self.folder.sanity(program, variant.name)
                command = [str(variant.binaries[program]), *row.args]
                run = execute.run(command, SANITY_TIMEOUT, log)
                if run.ok:
                    log.unlink()
                    continue
                broken.add((variant.name, program))
                what = f"sanity run {run.status}: {log.relative_to(self.folder.path)}"
                console.print(f"{variant.name}: {program}: {what}", style="bold red")
                for each in self.rows:
                    if each.program == program:
                        table.fail(each, variant, what)
        sound = len(self.variants) - len({variant for variant, _ in broken})
        console.print(f"sanity: {sound} of {len(self.variants)} variants run all of "
                      f"{len(programs)} programs")
        return broken

    def _runs(self, console: Console, table: Table, broken: set[tuple[str, str]]) -> None:
        jobs = [job for job in schedule.interleave(self.rows, self.variants, self.reps, self.seed)
                if (job.variant.name, job.row.program) not in broken]
        with _progress(console, len(jobs)) as progress:
            for job in jobs:
                progress.begin(f"{job.row.program} {job.variant.name}")
                raw = self.folder.raw(job)
                command = [str(job.variant.binaries[job.row.program]), *job.row.args]
                run = execute.run(command, self.timeout, raw)
                self.folder.add(job, run)
                table.add(job, run, str(raw.relative_to(self.folder.path)))
                progress.done()


class _progress:
    """A bar with the remaining time on a terminal, a line for every tenth elsewhere."""

    def __init__(self, console: Console, total: int):
        self._console = console
        self._total = total
        self._count = 0
        self._bar = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description:44}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), console=console, transient=True,
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
