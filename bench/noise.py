"""bazel run //bench:noise: tells how small a difference this machine can show, and how often the
laboratory finds one where there is none.

A variant runs against itself, and against itself with some work added.  The runs form many blocks
of pairs; each block is judged as bench:ab judges a measurement.
"""

import argparse
import sys

from bench.lab.base import ending
from bench.lab.base.errors import UsageError
from bench.lab.judge import stats
from bench.lab.measure import in_pairs
from bench.lab.noise import blocks, noise_report
from bench.lab.select import manifest, options, rows
from bench.lab.select.studies import NOISE

PAIRS = 15
BLOCKS = 20


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("noise", __doc__.split(": ", 1)[1].replace("\n", " "), [
        "", "--variant system --blocks 5", "--bench tiny_hot,random_mixed --added 1",
    ])
    parser.add_argument("--variant", default="hakmem", metavar="NAME",
                        help="the variant that runs against itself; default: %(default)s")
    parser.add_argument("--added", type=options.percent, default=3.0, metavar="PERCENT",
                        help="how much more work the slowed runs do; default: %(default)g")
    parser.add_argument("--blocks", type=options.count, default=BLOCKS, metavar="N",
                        help="how many comparisons to make in each row; default: %(default)s")
    options.add_only(parser)
    options.add_preload(parser)
    options.add_runs(parser, f"how many pairs of runs make one comparison; default {PAIRS}",
                     "noise")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        built = options.manifest_of(chosen)
        three = blocks.trio(manifest.select(built, [chosen.variant])[0], chosen.added)
        of_rows = rows.narrow(NOISE, chosen.bench, chosen.threads)
        in_block = chosen.reps or PAIRS
        if not stats.enough_pairs(in_block):
            raise UsageError(f"--reps: a block of {in_block} pairs has {stats.too_few(in_block)}")
        return in_pairs.measure("noise", argv, chosen, built, three, of_rows,
                                in_block * chosen.blocks,
                                lambda runs: noise_report.judge(runs, in_block, chosen.added),
                                all_or_none=False)[0]

    return ending.guarded("noise", work)


if __name__ == "__main__":
    sys.exit(main())
