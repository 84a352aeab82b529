"""bazel run //bench:ab -- A B: tells which of two allocators is better, by how much, and how sure
that is.

Runs of the two alternate, in pairs.  A and B may be the same: then nothing should be found.
"""

import argparse
import sys

from bench.lab.base import ending
from bench.lab.measure import in_pairs
from bench.lab.pool import spread
from bench.lab.select import anycommand, manifest, options, rows
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.variant import preloading

QUICK_REPS = 15
FULL_REPS = 24  # slow runs, as on a machine that others use, cost no verdict then


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("ab", __doc__.split(": ", 1)[1], [
        "hakmem mi", "hakmem-tiny-heavy hakmem --bench tiny_hot,larson --reps 21",
        "hakmem mine --preload mine=/opt/lib/libmine.so", "hakmem hakmem",
        "hakmem-low-rss system --program 'git log --stat'",
        "hakmem mi --bench tiny_hot --occasions 6 --apart 15m",
    ])
    parser.add_argument("a", metavar="A", help="a variant, such as hakmem, hakmem-low-rss, mi")
    parser.add_argument("b", metavar="B", help="another variant, or the same one once more")
    options.add_rows(parser, options.LONG)
    options.add_programs(parser, "measure")
    options.add_preload(parser)
    options.add_question(parser)
    spread.add(parser)
    options.add_runs(parser, f"how many pairs of runs each row gets; default {QUICK_REPS}, with "
                     f"--full {FULL_REPS}", "ab")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        built = options.manifest_of(chosen)
        pair = manifest.pair(built, chosen.a, chosen.b)
        if chosen.program:
            of_rows = [anycommand.parse(text) for text in dict.fromkeys(chosen.program)]
            pair = tuple(preloading(variant, "--program: ") for variant in pair)
        else:
            programs = chosen.bench or ([] if chosen.full else sorted(PROGRAMS))
            of_rows = rows.select(chosen.full, programs, chosen.threads)
        reps = FULL_REPS if chosen.full else QUICK_REPS
        if spread.asked(chosen):
            return spread.measure("ab", argv, chosen, lambda its: in_pairs.measure(
                "ab", argv, its, built, list(pair), of_rows, reps,
                lambda found, _: spread.OccasionReport(found)))
        return in_pairs.measure("ab", argv, chosen, built, list(pair), of_rows, reps)[0]

    return ending.guarded("ab", work)


if __name__ == "__main__":
    sys.exit(main())
