"""A search as a whole: what it needs is built, it runs, what it came to is written and shown."""

import argparse
import datetime
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bazel import inner
from bench.lab.base import ending, machine, paths
from bench.lab.base.errors import ToolError, UsageError
from bench.lab.bisect import by_commits, by_keys, keys, revisions, worktree
from bench.lab.bisect.bisect_report import CSV, BisectReport, csv
from bench.lab.bisect.journal import Journal, Step
from bench.lab.bisect.meter import RowMeter
from bench.lab.bisect.sought import Broken
from bench.lab.judge.measures import PEAK, lead
from bench.lab.run.folder import Files
from bench.lab.select import building, manifest, options, row
from bench.lab.select.manifest import Manifest
from gen.screen import make_console

NAME = "bisect"
MEMORY = "memory"  # of --of


def _say(console: Console, step: Step) -> None:
    """One line, as soon as it is known."""
    shown = f" ({step.comparison.effect.value:.3f})" if step.comparison else ""
    console.print(f"{step.number}. {step.purpose}: {step.what}: {step.answer}{shown}"
                  + (f": {step.why}" if step.why else ""), markup=False, soft_wrap=True)


def _workspace() -> Path:
    """Raises UsageError where nothing can be built."""
    found = inner.workspace()
    if found is None:
        raise UsageError("it builds, so it is started in the workspace, by bazel run")
    return found


class Searching:
    """One call of the command, with its options."""

    def __init__(self, chosen: argparse.Namespace, argv: list[str] | None):
        self.chosen, self.console = chosen, make_console()
        self.row = row.parse(chosen.row, "--row")
        self.command = options.typed(NAME, argv)
        self._before = machine.now()
        self._started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")

    @property
    def better_by(self) -> float | None:
        """As a share."""
        return None if self.chosen.better_by is None else self.chosen.better_by / 100

    def meter(self, built: Manifest, folder: Files) -> RowMeter:
        """Of the programs of this build."""
        chosen = self.chosen
        return RowMeter(
            self.command, built, self.row, PEAK if chosen.of == MEMORY else lead(self.row),
            chosen.within, chosen.timeout, options.seed_of(chosen), folder.path / "steps",
            self.console)

    def search(self, a: str, b: str, journal: Journal, folder: Files,
               run: Callable[[], None]) -> int:
        """Runs the search, and writes and shows what it came to, also if it is interrupted."""
        def hear(step: Step) -> None:
            folder.write(CSV, csv(journal))
            _say(self.console, step)

        journal.hear = hear
        about = {"command": self.command, "started": self._started, "machine": machine.describe(),
                 "interrupted": False}
        failure: Broken | OSError | None = None
        try:
            run()
        except KeyboardInterrupt:
            about["interrupted"] = True
        except (Broken, OSError) as error:
            failure = error
        about["doubts"] = machine.doubts(self._before, machine.now(), self.row.threads)
        report = BisectReport(journal, self.row, a, b, about)
        report.write(folder)
        report.show(self.console)
        self.console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
        if isinstance(failure, Broken):
            raise ToolError(str(failure))
        if failure:
            raise failure
        if about["interrupted"]:
            print(f"{NAME}: interrupted: the finished steps are in {folder.path}", file=sys.stderr)
        return 130 if about["interrupted"] else 0

    def by_keys(self) -> int:
        """The search among keys."""
        chosen = self.chosen
        a, b = (keys.profile_of(name, paths.PROFILES, where)
                for name, where in ((chosen.a, "A"), (chosen.b, "B")))
        found = keys.difference(a, b, paths.PROFILES)
        values = {name: keys.shown(value) for name, (_, value) in found.values.items()}
        _workspace()
        folder = Files(options.out_of(chosen, NAME), CSV, raw=False)
        for name, (before, after) in found.values.items():
            self.console.print(f"{name}: {keys.shown(before)}, in B {keys.shown(after)}",
                               soft_wrap=True)
        with tempfile.TemporaryDirectory(prefix="hakmem-bisect-") as name:
            builder = by_keys.BazelBuilder(found, self.row.program, Path(name))
            builder.build(frozenset(values))
            search = by_keys.KeySearch(
                values,
                lambda some: found.fault([key for key in values if key in some], Path(name)),
                builder, self.meter(builder.manifest, folder), Journal("keys", list(values)),
                self.better_by)
            return ending.keeping(NAME, folder.path, lambda: self.search(
                chosen.a, chosen.b, search.journal, folder, search.run))

    def by_commits(self) -> int:
        """The search among commits."""
        chosen, workspace = self.chosen, _workspace()
        good, bad = revisions.commits(workspace, chosen.commits)
        folder = Files(options.out_of(chosen, NAME), CSV, raw=False)
        logs = folder.path / "builds"
        logs.mkdir()
        names = [revisions.title(workspace, commit) for commit in (good, bad)]
        candidates = revisions.between(workspace, good, bad)
        self.console.print(f"{len(candidates)} commits after {names[0]}, up to {names[1]}",
                           markup=False, soft_wrap=True)
        with tempfile.TemporaryDirectory(prefix="hakmem-programs-") as scratch:
            programs = manifest.load(building.build_profiles({}, Path(scratch), programs=[
                self.row.program]))
            with worktree.worktree(workspace, bad, chosen.variant or "hakmem") as tree:
                journal = Journal("commits", [revisions.title(workspace, one)
                                              for one in candidates])
                search = by_commits.search(
                    workspace, good, bad, tree, by_commits.LibraryBuilder(tree, programs, logs),
                    self.meter(programs, folder), journal, self.better_by)
                return ending.keeping(NAME, folder.path, lambda: self.search(
                    names[0], names[1], journal, folder, search.run))
