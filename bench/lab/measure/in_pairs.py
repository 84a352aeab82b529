"""Variants against the first of them, measured in pairs as the options of a command say."""

import argparse
from collections.abc import Callable

from bench.lab.judge.pairs import Pairs
from bench.lab.measure import asked, conduct
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.run import schedule
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.run.session import Session
from bench.lab.select import options
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


def measure(name: str, argv: list[str] | None, chosen: argparse.Namespace, manifest: Manifest,
            variants: list[Variant], rows: list[Row], default: int,
            judge: Callable[[Pairs, Runs], conduct.R] = lambda found, _: PairsReport(found),
            folder: Folder | None = None, all_or_none: bool = True) -> tuple[int, conduct.R | None]:
    """Runs the first variant and the others in turn, writes and shows how they compare with it.

    `argv` is what the user typed after the name of the command, None: see sys.argv; `chosen` has
    the options of options.add_runs and add_question; `default` is the number of rounds without
    them; `judge` makes another report than that of pairs; `folder` is where --out says if it was
    not made yet.  Returns the exit status and the report, as conduct.measure.  Raises UsageError
    for too few rounds.
    """
    what = asked.of_options(chosen, default, len(rows), len(variants) - 1)
    order = schedule.duet if options.duet_of(chosen) else schedule.pair
    folder = folder or Folder(options.out_of(chosen, name))
    session = Session(
        command=options.typed(name, argv), manifest=manifest, rows=rows, variants=variants,
        until=what.until, seed=options.seed_of(chosen), timeout=chosen.timeout, folder=folder,
        order=order, all_or_none=all_or_none, question=what.question.text)
    return conduct.measure(name, session, lambda runs: judge(what.judge(runs), runs))
