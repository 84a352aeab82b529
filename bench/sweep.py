"""bazel run //bench:sweep: builds variants of a profile that differ in a few keys, and measures
them against it.  No file of the workspace is edited: Bazel builds the variants from a temporary
package."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.lab.base import ending
from bench.lab.measure import in_pairs
from bench.lab.select import axes, building, manifest, options, preload, rows
from bench.lab.select.programs import PROGRAMS

QUICK_REPS = 15
FULL_REPS = 15


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(
        "sweep", "Builds variants of a profile and measures them against it.", [
            "--base tiny-heavy --axis front.fast_cap=8,16,32 --bench tiny_hot,larson",
            "--axis front.list_max=0,32768 --axis front.cache_bytes=65536,524288",
        ])
    parser.add_argument("--base", default="default", metavar="PROFILE",
                        help="the profile that the variants derive from; default: %(default)s")
    parser.add_argument("--axis", type=axes.axis, action="append", required=True,
                        metavar="SECTION.KEY=VALUE,...", help="a key of the profile and the values to "
                        "try; with several axes, all combinations are built")
    options.add_rows(parser, options.LONG)
    options.add_preload(parser)
    options.add_question(parser)
    options.add_runs(parser, "how often each variant runs; default "
                     f"{QUICK_REPS}, with --full {FULL_REPS}", "sweep", built=False)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: the build, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        of_rows = rows.select(chosen.full, chosen.bench or sorted(PROGRAMS), chosen.threads)
        with tempfile.TemporaryDirectory() as scratch:
            path = building.build(chosen.base, chosen.axis,
                                  list(dict.fromkeys(row.program for row in of_rows)),
                                  Path(scratch))
            built = preload.added_to(manifest.load(path), chosen.preload, chosen.timeout)
            return in_pairs.measure("sweep", argv, chosen, built, manifest.of_sweep(built), of_rows,
                                    FULL_REPS if chosen.full else QUICK_REPS)[0]

    return ending.guarded("sweep", work)


if __name__ == "__main__":
    sys.exit(main())
