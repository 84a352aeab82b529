"""A comparison of two variants in counts as a whole: timed, counted, explained, shown.

Rows are counted one after the other, and the files are written anew after each, so that what is
finished is kept when the user interrupts.
"""

import sys
from dataclasses import dataclass

from rich.console import Console

from bench.lab.base import ending, progress
from bench.lab.base.errors import ToolError
from bench.lab.base.progress import RunsBar
from bench.lab.count import count_files, count_table, counter, explain, kernel_costs, spent
from bench.lab.count.counter import TOOLS, Amounts, Counts, Tool
from bench.lab.count.explain import Side
from bench.lab.count.found import Found, RowFound
from bench.lab.count.kinds import FAULTS
from bench.lab.judge import compare
from bench.lab.judge.compare import Comparison
from bench.lab.judge.measures import SPEED, TIME
from bench.lab.run.earlier import Earlier
from bench.lab.run.runs import Runs
from bench.lab.run.schedule import Job
from bench.lab.run.session import Measured, Session
from bench.lab.select.row import Row
from gen import screen


@dataclass
class Counting:
    """What is to be counted: the rows and the two variants of the session, which times them.  With
    an earlier measurement its times count, and the session makes no runs."""

    session: Session
    earlier: Earlier | None
    left_out: list[str]

    def run(self, name: str) -> int:
        """The exit status of the command `name`: 0; 1: a run, a tool or a file failed; 130."""
        console = screen.make_console()
        return ending.keeping(name, self.session.folder.path, lambda: self._all(name, console))

    def _all(self, name: str, console: Console) -> int:
        tools, missing = usable()
        for line in missing:
            console.print(line, style="yellow", markup=False)
        made = self.session.measure(console)
        if made.failure:
            raise made.failure
        found = Found(*self.session.variants, left_out=self.left_out,
                      failures=[*missing, *made.runs.failures])
        self._count(console, made, found, tools)
        self._write(found, made.about)
        count_table.show(console, found, made.about)
        console.print(f"results: {self.session.folder.path}", markup=False, soft_wrap=True)
        return self._status(name, found, made.about)

    def _count(self, console: Console, made: Measured, found: Found, tools: list[Tool]) -> None:
        """All rows, until Ctrl-C."""
        runs = self._runs(made)
        judged = compare.compare(runs, found.a, [found.b], (SPEED, TIME))
        comparisons = {one.row.key: one for measure in (SPEED, TIME)
                       for one in judged[measure][0]}
        rows = [row for row in self.session.rows if row.key in comparisons]
        try:
            if made.about["interrupted"]:
                return
            self._price(console, found)
            plan = [(row, counter.amounts_of(row, spent.of(runs.of(row, found.a.name), row).ops))
                    for row in rows]
            total = sum(2 * len(tools) * counter.runs_of(its) for _, its in plan)
            with RunsBar(console, total) as bar:
                for row, its in plan:
                    found.rows.append(self._row(row, its, runs, comparisons[row.key], found, tools,
                                                bar))
                    self._write(found, made.about)
        except KeyboardInterrupt:
            made.about["interrupted"] = True

    def _runs(self, made: Measured) -> Runs:
        """The timed runs; those of a row that is broken do not count."""
        if self.earlier is None:
            return made.runs
        made.about["times"] = str(self.earlier.folder)
        made.about["reps"] = 0
        made.about["doubts"] += [f"the times were measured elsewhere: {line}" for line
                                 in self.earlier.other_machine(made.about["machine"])]
        runs = Runs(made.runs.rows, made.runs.variants)
        for row in runs.rows:
            if any(made.runs.failed(row, variant.name) for variant in runs.variants):
                continue
            for variant in runs.variants:
                its = self.earlier.runs(row.program, row.params, variant.name)
                for rep, run in its.items():
                    runs.add(Job(row, variant, rep), run, "")
                made.about["reps"] = max(made.about["reps"], len(its))
        return runs

    def _price(self, console: Console, found: Found) -> None:
        with progress.step(console, "timing the kernel"):
            try:
                found.costs = kernel_costs.measure(self.session.timeout)
            except ToolError as error:
                found.failures.append(str(error))

    def _row(self, row: Row, its: Amounts, runs: Runs, comparison: Comparison, found: Found,
             tools: list[Tool], bar: RunsBar) -> RowFound:
        sides, counts = [], []
        for variant in (found.a, found.b):
            took = spent.of(runs.of(row, variant.name), row)
            one: Counts = counter.count(variant, its, tools, self.session.timeout,
                                        self.session.folder.path / "raw", bar.begin, bar.done)
            sides.append(Side(took, {**one.kinds, FAULTS.name: took.faults}))
            counts.append(one)
            found.failures += one.failures
        a, b = sides
        return RowFound(row, a, b, explain.parts(a, b, found.costs, row.threads), comparison, its,
                        (counts[0], counts[1]))

    def _write(self, found: Found, about: dict) -> None:
        folder = self.session.folder
        folder.write_json("run.json", about)
        folder.write("counts.csv", count_files.csv(found))
        folder.write_json("counts.json", count_files.json(found, about))
        folder.write("summary.md", count_table.summary(found, about))

    def _status(self, name: str, found: Found, about: dict) -> int:
        if about["interrupted"]:
            print(f"{name}: interrupted: the finished rows are in {self.session.folder.path}",
                  file=sys.stderr)
            return 130
        if found.failures:
            ending.say_failed(name, found.failures)
            return 1
        return 0


def usable() -> tuple[list[Tool], list[str]]:
    """The tools that are installed, and a sentence for each that is not."""
    there, missing = [], []
    for tool in TOOLS:
        try:
            tool.require()
            there.append(tool)
        except ToolError as error:
            missing.append(f"{error}; without it there are no {tool.counts}")
    return there, missing
