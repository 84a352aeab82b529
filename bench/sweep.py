"""bazel run //bench:sweep: builds variants of a profile that differ in a few keys, and measures them
against it.  Nothing is edited: the package they are built from is written for the occasion."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.lab.select import options, rows, sweeping, variants
from bench.lab.show import against

QUICK_REPS = 9
FULL_REPS = 6


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(
        "sweep", "Builds variants of a profile and measures them against it.", [
            "--base tiny-heavy --axis front.fast_cap=8,16,32 --bench tiny_hot,larson",
            "--axis front.list_max=0,32768 --axis front.cache_bytes=65536,524288",
        ])
    parser.add_argument("--base", default="default", metavar="PROFILE",
                        help="what the variants derive from; default: %(default)s")
    parser.add_argument("--axis", type=sweeping.axis, action="append", required=True,
                        metavar="SECTION.KEY=VALUE,...", help="a key of the profile and its values; "
                        "with several axes, all combinations are built")
    options.add_rows(parser, "the parameters of the matrix's --full")
    options.add_preload(parser)
    options.add_runs(parser, "rounds, in which each variant runs once; default "
                     f"{QUICK_REPS}, with --full {FULL_REPS}", "sweep", manifest=False)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: the build, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        programs = rows.select(chosen.full, chosen.bench or sorted(rows.SANITY), chosen.threads)
        with tempfile.TemporaryDirectory() as scratch:
            made = sweeping.build(chosen.base, chosen.axis,
                                  list(dict.fromkeys(row.program for row in programs)),
                                  Path(scratch))
            manifest = variants.with_preloads(variants.load(made), chosen.preload, chosen.timeout)
            return against.measure(
                "sweep", argv, chosen, manifest, variants.of_sweep(manifest), programs,
                chosen.reps or (FULL_REPS if chosen.full else QUICK_REPS),
            )

    return options.guarded("sweep", work)


if __name__ == "__main__":
    sys.exit(main())
