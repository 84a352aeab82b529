"""bazel run //bench:header_ab: measures the class lookups header and region against the page map,
over all loads, hot and cold; writes docs/header-classidx.md."""

import argparse
import os
import sys
from pathlib import Path

from bench.lab.base import ending, paths
from bench.lab.base.errors import UsageError
from bench.lab.header import header_report, recorded, rounding, rows
from bench.lab.measure import in_pairs
from bench.lab.run.folder import Folder
from bench.lab.select import manifest, options
from gen.screen import make_console

DOCUMENT = Path("docs") / header_report.DOCUMENT

REPS = 15
QUICK_REPS = 15


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(
        "header_ab", "Measures the header and region lookups against the page map, and what the "
        "header costs the sizes of real programs; writes what that shows.",
        ["", "--reps 41 --document /tmp/header.md", "--bench tiny_hot,cold", "--quick"])
    parser.add_argument("--quick", action="store_true",
                        help="runs that are ten times shorter, only to see whether all of it works")
    options.add_only(parser)
    parser.add_argument("--document", metavar="FILE",
                        help=f"the file to write; default: {DOCUMENT} in the workspace, or "
                             f"{DOCUMENT.name} among the results with --quick, --bench or --threads")
    options.add_question(parser)
    options.add_runs(parser, f"how often each lookup runs; default {REPS}, with "
                     f"--quick {QUICK_REPS}", "header_ab")
    return parser


def _document(chosen: argparse.Namespace) -> Path | None:
    """The path of the document; None: among the results.  Raises UsageError where it cannot."""
    if chosen.document is not None:
        path = paths.of_caller(chosen.document)
    elif chosen.quick or chosen.bench or chosen.threads:
        return None
    else:
        path = paths.workspace() / DOCUMENT
    if path.is_dir():
        raise UsageError(f"--document: {path}: is a folder; name a file, such as "
                         f"{path / DOCUMENT.name}")
    if not path.parent.is_dir():
        raise UsageError(f"--document: {path}: there is no folder {path.parent}; name a file in "
                         "one that exists")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--document: {path}: Permission denied; name a file that you may write")
    return path


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        document = _document(chosen)
        built = manifest.load(chosen.manifest)
        lookups = rows.pick(built)
        groups = rows.narrow(rows.groups(chosen.quick), chosen.bench, chosen.threads)
        base = lookups[rows.BASE]
        models = rounding.load_models(paths.PROFILES)
        folder = Folder(options.out_of(chosen, "header_ab"))
        programs = recorded.record(make_console())
        return in_pairs.measure(
            "header_ab", argv, chosen, built,
            [base, *(variant for variant in lookups.values() if variant != base)],
            [row for group in groups for row in group.rows],
            QUICK_REPS if chosen.quick else REPS,
            lambda found, runs: header_report.judge(found, runs, groups, lookups, programs, models, document,
                                             chosen.quick), folder)[0]

    return ending.guarded("header_ab", work)


if __name__ == "__main__":
    sys.exit(main())
