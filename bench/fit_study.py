"""bazel run //bench:fit_study: fits a profile to each of ten programs, and measures each with an
input that the fit has not seen, against the default and the peers; writes the table of
docs/fit.md."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.lab.base import ending, paths
from bench.lab.base.document import Document
from bench.lab.base.errors import UsageError
from bench.lab.fit import fit_report, fitted
from bench.lab.fit.fitted import LOADS
from bench.lab.measure import in_pairs
from bench.lab.run.folder import Folder
from bench.lab.select import building, manifest, options
from bench.lab.select.real_programs import RealProgram
from gen.screen import make_console

REPS = 15
DOCUMENT = Path("docs") / "fit.md"


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("fit_study", __doc__.split(": ", 1)[1].replace("\n", " "),
                            ["", "--programs python3,redis --reps 15"])
    parser.add_argument("--programs", type=options.words, default=[], metavar="NAME,...",
                        help="only these programs; default: "
                             f"{','.join(load.name for load in LOADS)}")
    parser.add_argument("--document", metavar="FILE",
                        help=f"the file that holds the table; default: {DOCUMENT} in the "
                             "workspace, and no file with --programs")
    options.add_question(parser)
    options.add_runs(parser, f"how often each allocator runs; default {REPS}",
                     "fit_study")
    return parser


def _loads(names: list[str]) -> list[RealProgram]:
    known = {load.name: load for load in LOADS}
    for name in names:
        if name not in known:
            raise UsageError(f"--programs: there is no {name}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(LOADS)


def _document(chosen: argparse.Namespace) -> Document | None:
    """Raises UsageError for a file without a place for the table."""
    if chosen.document:
        path = paths.of_caller(chosen.document)
    elif chosen.programs:
        return None
    else:
        path = paths.workspace() / DOCUMENT
    return Document(path, "fit_study")


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: the build, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        document = _document(chosen)
        built = manifest.load(chosen.manifest)
        loads = _loads(chosen.programs)
        folder = Folder(options.out_of(chosen, "fit_study"))
        with tempfile.TemporaryDirectory(prefix="hakmem-fit-") as name:
            programs, left_out = fitted.prepare(loads, Path(name), make_console())
            if not programs:
                raise UsageError("--programs: none of them is installed: " + "; ".join(left_out))
            scratch = Path(name) / "build"
            scratch.mkdir()
            profiles = manifest.load(building.build_profiles(
                {program.profile: program.path for program in programs}, scratch))
            return in_pairs.measure(
                "fit_study", argv, chosen, built, fitted.variants(built, profiles, programs),
                [program.row for program in programs], REPS,
                lambda found, _: fit_report.judge(found, programs, left_out, document), folder,
                all_or_none=False)[0]

    return ending.guarded("fit_study", work)


if __name__ == "__main__":
    sys.exit(main())
