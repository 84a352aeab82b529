"""bazel run //bench:fit_study: fits a profile to each of ten programs, and measures each with an input
that the fit has not seen, against the default and the peers; writes the table of docs/fit.md."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench.lab.base.screen import make_console
from bench.lab.fit import report as fit_report, study as fitting_loads
from bench.lab.fit.loads import LOADS, Load
from bench.lab.fit.report import Line
from bench.lab.fit.study import Study
from bench.lab.judge.analysis import Table
from bench.lab.run import results, schedule
from bench.lab.run.session import Session, run_session
from bench.lab.select import options, sweeping
from bench.lab.select import variants as variants_
from bench.lab.select.rows import UsageError
from bench.lab.show import ab_text

REPS = 9
DOCUMENT = Path("docs") / "fit.md"


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("fit_study", __doc__.split(": ", 1)[1].replace("\n", " "),
                            ["", "--programs python3,redis --reps 15"])
    parser.add_argument("--programs", type=options.words, default=[], metavar="NAME,...",
                        help=f"default: {','.join(load.name for load in LOADS)}")
    parser.add_argument("--document", metavar="FILE",
                        help=f"what holds the table; default: {DOCUMENT} in the workspace, with "
                             "--programs none")
    options.add_runs(parser, f"rounds, in which each allocator runs once; default {REPS}",
                     "fit_study")
    return parser


def _loads(names: list[str]) -> list[Load]:
    known = {load.name: load for load in LOADS}
    for name in names:
        if name not in known:
            raise UsageError(f"--programs: there is no {name}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(LOADS)


def _document(chosen: argparse.Namespace) -> Path | None:
    """Raises UsageError for a file without a place for the table."""
    if chosen.document:
        path = results.caller_path(chosen.document)
    elif chosen.programs:
        return None
    else:
        path = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / DOCUMENT
    fit_report.check(path)
    return path


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: the build, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        document = _document(chosen)
        manifest = variants_.load(chosen.manifest)
        loads = _loads(chosen.programs)
        folder = results.Folder(results.chosen_path(chosen.out, "fit_study"))
        console = make_console()
        with tempfile.TemporaryDirectory(prefix="hakmem-fit-") as name:
            studies, left_out = fitting_loads.prepare(loads, Path(name), console)
            if not studies:
                raise UsageError("--programs: none of them is installed: " + "; ".join(left_out))
            scratch = Path(name) / "build"
            scratch.mkdir()
            built = variants_.load(sweeping.build_profiles(
                {study.profile: study.path for study in studies}, scratch))
            these = fitting_loads.variants(manifest, built, studies)
            return _measure(chosen, argv, folder, console, studies, left_out, these, manifest,
                            document)

    return options.guarded("fit_study", work)


def _measure(chosen: argparse.Namespace, argv: list[str] | None, folder: results.Folder, console,
             studies: list[Study], left_out: list[str], these: list[variants_.Variant],
             manifest: variants_.Manifest, document: Path | None) -> int:
    lines: list[Line] = []

    def write(to: results.Folder, table: Table, about: dict) -> None:
        outcomes = ab_text.outcomes(table, these[0], these[1:])
        lines[:] = fit_report.lines(studies, outcomes)
        to.write("summary.md", ab_text.markdown(outcomes, table, about))
        to.write("comparisons.csv", ab_text.as_csv(outcomes))
        to.write("fit.csv", fit_report.as_csv(lines))
        text = fit_report.markdown(lines, left_out, about)
        to.write("table.md", text)
        for study in studies:
            to.write(f"{study.profile}.yaml", study.path.read_text(encoding="utf-8"))
        if document and not about["interrupted"]:
            fit_report.put(text, document)

    def show(_table: Table) -> None:
        fit_report.show(console, lines)
        if document:
            console.print(f"document: {document}", markup=False, soft_wrap=True)

    session = Session(
        command=options.typed("fit_study", argv), manifest=manifest,
        rows=[study.row for study in studies], variants=these, reps=chosen.reps or REPS,
        seed=options.seed_of(chosen), timeout=chosen.timeout, folder=folder, write=write,
        order=schedule.pair,
    )
    return options.keeping("fit_study", folder.path,
                           lambda: run_session(session, "fit_study", console, show))


if __name__ == "__main__":
    sys.exit(main())
