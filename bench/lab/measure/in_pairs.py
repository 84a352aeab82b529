"""Variants against the first of them, measured in pairs as the options of a command say."""

import argparse
from collections.abc import Callable

from bench.lab.measure import conduct, pairs_report
from bench.lab.run import schedule
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.run.session import Session
from bench.lab.select import options
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


def measure(name: str, argv: list[str] | None, chosen: argparse.Namespace, manifest: Manifest,
            variants: list[Variant], rows: list[Row], reps: int,
            judge: Callable[[Runs], conduct.R] = pairs_report.judge,
            folder: Folder | None = None, all_or_none: bool = True) -> tuple[int, conduct.R | None]:
    """Runs the first variant and the others in turn, writes and shows how they compare with it.

    `argv` is what the user typed after the name of the command, None: see sys.argv; `chosen` has
    the options of options.add_runs; `judge` makes another report than that of pairs; `folder` is
    where --out says if it was not made yet.  Returns the exit status and the report, as
    conduct.measure.
    """
    folder = folder or Folder(options.out_of(chosen, name))
    session = Session(
        command=options.typed(name, argv), manifest=manifest, rows=rows, variants=variants,
        reps=reps, seed=options.seed_of(chosen), timeout=chosen.timeout, folder=folder,
        order=schedule.pair, all_or_none=all_or_none)
    return conduct.measure(name, session, judge)
