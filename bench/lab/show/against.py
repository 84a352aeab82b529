"""A measurement of variants against one of them, in pairs; what its commands do not decide."""

import argparse
from collections.abc import Callable

from bench.lab.base import screen
from bench.lab.judge.analysis import Table
from bench.lab.run import results, schedule
from bench.lab.run.session import Session, run_session
from bench.lab.select import options
from bench.lab.select.rows import Row
from bench.lab.select.variants import Manifest, Variant
from bench.lab.show import ab_report, ab_text
from bench.lab.show.ab_text import Outcome


def measure(command: str, words: list[str] | None, chosen: argparse.Namespace, manifest: Manifest,
            variants: list[Variant], of_rows: list[Row], reps: int,
            further: Callable[[results.Folder, Table, dict], None] = lambda *_: None,
            folder: results.Folder | None = None) -> int:
    """Runs the first variant and the others in turn, writes and shows how they compare with it.

    `words` is what the user typed after the command's name, None: see sys.argv; `chosen` has the
    options of options.add_runs; `further` writes what the command has beside the files of all
    comparisons; `folder` is where --out says if it was not made yet.  Returns the exit status.
    """
    folder = folder or results.Folder(results.chosen_path(chosen.out, command))
    console = screen.make_console()
    last: dict = {}

    def write(to: results.Folder, table: Table, about: dict) -> None:
        outcomes = ab_text.outcomes(table, variants[0], variants[1:])
        last.update(outcomes=outcomes, about=about)
        to.write("summary.md", ab_text.markdown(outcomes, table, about))
        to.write("comparisons.csv", ab_text.as_csv(outcomes))
        to.write("report.html", ab_report.render(outcomes, variants[0], table, about))
        further(to, table, about)

    def show(table: Table) -> None:
        outcomes: list[Outcome] = last["outcomes"]
        ab_text.show(console, outcomes, table, last["about"])

    return run_session(
        Session(
            command=options.typed(command, words), manifest=manifest, rows=of_rows,
            variants=variants, reps=reps, seed=options.seed_of(chosen), timeout=chosen.timeout,
            folder=folder, write=write, order=schedule.pair, all_or_none=True,
        ),
        command, console, show,
    )
