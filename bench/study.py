"""bazel run //bench:<sweep>: measures the variants of a sweep against the profile that they derive
from.

The target's rule, in bazel/bench/sweep.bzl, says which sweep; bench/lab/select/studies.py which
rows, for those that ask a question of their own.
"""

import argparse
import sys

from bench.lab.base import ending
from bench.lab.measure import in_pairs
from bench.lab.select import manifest, options, rows
from bench.lab.select.row import Row
from bench.lab.select.studies import STUDIES

QUICK_REPS = 15
FULL_REPS = 15


def parser(name: str) -> argparse.ArgumentParser:
    """Of the command //bench:<name>."""
    study = STUDIES.get(name)
    question = study.question if study else "The variants of a sweep against their base."
    reps = f"default {study.reps}" if study else \
        f"default {QUICK_REPS}, with --full {FULL_REPS}"
    made = options.parser(name, question, ["", "--reps 31 --out /tmp/results"])
    options.add_rows(made, options.LONG)
    options.add_preload(made)
    options.add_question(made)
    options.add_runs(made, f"how often each variant runs; {reps}", name)
    made.add_argument("--study", help=argparse.SUPPRESS)
    return made


def rows_of(name: str, chosen: argparse.Namespace, programs: list[str]) -> list[Row]:
    """The study's own rows, or those of the matrix for the programs that were built.

    Raises UsageError if none is left.
    """
    study = STUDIES.get(name)
    if study:
        return rows.narrow(study.rows, chosen.bench, chosen.threads)
    return rows.select(chosen.full, chosen.bench or programs, chosen.threads)


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    given = sys.argv[1:] if argv is None else argv
    name = given[given.index("--study") + 1]  # the rule puts it there
    chosen = parser(name).parse_args(given)
    typed = given[given.index("--manifest") + 2:]

    def work() -> int:
        built = options.manifest_of(chosen)
        study = STUDIES.get(name)
        reps = study.reps if study else FULL_REPS if chosen.full else QUICK_REPS
        return in_pairs.measure(name, typed, chosen, built, manifest.of_sweep(built),
                                rows_of(name, chosen, built.programs), reps)[0]

    return ending.guarded(name, work)


if __name__ == "__main__":
    sys.exit(main())
