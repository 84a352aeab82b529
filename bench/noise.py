"""bazel run //bench:noise: how small a difference this machine can show, and how often the
laboratory finds one where there is none.

A variant runs against itself, and against itself with a known part of work added, in many
blocks of pairs, each of which is judged as bench:ab judges a measurement.
"""

import argparse
import dataclasses
import sys

from bench.lab.base import screen
from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.run import results, schedule
from bench.lab.run.session import Session, run_session
from bench.lab.select import options, rows, variants
from bench.lab.select.rows import UsageError
from bench.lab.select.variants import Variant
from bench.lab.show import noise

PAIRS = 15
BLOCKS = 20


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("noise", __doc__.split(": ", 1)[1].replace("\n", " "), [
        "", "--variant system --blocks 5", "--bench tiny_hot,random_mixed --added 1",
    ])
    parser.add_argument("--variant", default="hakmem", metavar="NAME",
                        help="what runs against itself; default: %(default)s")
    parser.add_argument("--added", type=options.percent, default=3.0, metavar="PERCENT",
                        help="work that the slowed runs do more; default: %(default)g")
    parser.add_argument("--blocks", type=options.count, default=BLOCKS, metavar="N",
                        help="how many comparisons of each row; default: %(default)s")
    options.add_only(parser)
    options.add_preload(parser)
    options.add_runs(parser, f"pairs of each row in a block; default {PAIRS}", "noise")
    return parser


def trio(one: Variant, added: float) -> list[Variant]:
    """The variant, the same again, and with `added` percent more work."""
    return [one, dataclasses.replace(one, name=f"{one.name}-again"),
            dataclasses.replace(one, name=f"{one.name}-slowed", more=added / 100)]


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        manifest = variants.with_preloads(variants.load(chosen.manifest), chosen.preload,
                                          chosen.timeout)
        three = trio(variants.select(manifest, [chosen.variant])[0], chosen.added)
        of_rows = rows.narrow(noise.ROWS, chosen.bench, chosen.threads)
        pairs = chosen.reps or PAIRS
        if not stats.enough_pairs(pairs):
            raise UsageError(f"--reps: a block of {pairs} pairs has {stats.too_few(pairs)}")
        folder = results.Folder(results.chosen_path(chosen.out, "noise"))
        console = screen.make_console()
        found: list[noise.Noise] = []

        def write(to: results.Folder, table: Table, about: dict) -> None:
            found[:] = noise.judge(table, three, pairs)
            to.write("noise.csv", noise.as_csv(found))
            to.write("summary.md", noise.markdown(found, chosen.added, about))

        return run_session(
            Session(
                command=options.typed("noise", argv), manifest=manifest, rows=of_rows,
                variants=three, reps=pairs * chosen.blocks, seed=options.seed_of(chosen),
                timeout=chosen.timeout, folder=folder, write=write, order=schedule.pair,
            ),
            "noise", console, lambda _: noise.show(console, found, chosen.added),
        )

    return options.guarded("noise", work)


if __name__ == "__main__":
    sys.exit(main())
