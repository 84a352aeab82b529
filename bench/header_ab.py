"""bazel run //bench:header_ab: the header against the page map, and the address against it, over all
loads, hot and cold; written as docs/header-classidx.md."""

import argparse
import os
import sys
from pathlib import Path

from bench.lab.header import (
    compare as header_compare, programs as header_programs, record as header_record, report as
    header_report, rounding as header_rounding, rows as header_rows,
)
from bench.lab.base.screen import make_console
from bench.lab.header.record import NotRecorded, Recording
from bench.lab.header.rounding import Mix
from bench.lab.header.rows import Group
from bench.lab.judge.analysis import Table
from bench.lab.run import results
from bench.lab.select import options, variants
from bench.lab.select.rows import UsageError
from bench.lab.select.variants import Variant
from bench.lab.show import against

ROOT = Path(__file__).absolute().parent.parent
RECORDER = Path(__file__).absolute().parent / "libsizes.so"
DOCUMENT = Path("docs") / "header-classidx.md"

REPS = 15
QUICK_REPS = 6


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(
        "header_ab", "Measures the header and region lookups against the page map, and what the "
        "header costs the sizes of real programs; writes what that shows.",
        ["", "--reps 41 --document /tmp/header.md", "--bench tiny_hot,cold", "--quick"])
    parser.add_argument("--quick", action="store_true",
                        help="runs of a tenth of the length, to see whether it works")
    options.add_only(parser)
    parser.add_argument("--document", metavar="FILE",
                        help=f"default: {DOCUMENT} in the workspace; with --quick, --bench or "
                             f"--threads {DOCUMENT.name} among the results")
    options.add_runs(parser, f"rounds, in which each lookup runs once; default {REPS}, with "
                     f"--quick {QUICK_REPS}", "header_ab")
    parser.add_argument("--recorder", type=Path, default=RECORDER, help=argparse.SUPPRESS)
    return parser


def _document(chosen: argparse.Namespace) -> Path | None:
    """Where the document goes; None: among the results.  Raises UsageError where it cannot."""
    if chosen.document is not None:
        path = results.caller_path(chosen.document)
    elif chosen.quick or chosen.bench or chosen.threads:
        return None
    else:
        path = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / DOCUMENT
    if path.is_dir():
        raise UsageError(f"--document: {path}: is a folder; name a file, such as "
                         f"{path / DOCUMENT.name}")
    if not path.parent.is_dir():
        raise UsageError(f"--document: {path}: there is no folder {path.parent}; name a file in "
                         "one that exists")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--document: {path}: Permission denied; name a file that you may write")
    return path


def _record(recorder: Path) -> tuple[dict[str, Recording], dict[str, str]]:
    """What each program asked for, and why others are left out."""
    console = make_console()
    recordings, skipped = {}, {}
    for program in header_programs.PROGRAMS:
        try:
            recordings[program.shown] = header_record.record(program, recorder)
            console.print(f"recorded: {program.shown}", markup=False)
        except NotRecorded as error:
            skipped[program.shown] = str(error)
            console.print(f"left out: {program.shown}: {error}", markup=False)
    return recordings, skipped


def _mixes(recordings: dict[str, Recording]) -> list[Mix]:
    loads = {program.shown: program.load for program in header_programs.PROGRAMS}
    return [Mix(name, loads[name], one.sizes, one.larger_bytes)
            for name, one in recordings.items()]


def _sizes_json(recordings: dict[str, Recording], skipped: dict[str, str]) -> dict:
    """sizes.json: bytes; `sizes` maps the size asked for to blocks in use."""
    programs = {name: {**vars(one), "sizes": {str(size): n for size, n in one.sizes.items()}}
                for name, one in recordings.items()}
    return {"programs": programs, "left_out": skipped}


def _write(folder: results.Folder, table: Table, about: dict, groups: tuple[Group, ...],
           lookups: dict[str, Variant], chosen: argparse.Namespace, document: Path | None) -> None:
    """The recordings, the rounding that follows from them, and the document."""
    if about["interrupted"]:
        return
    models = header_rounding.load_models(ROOT / "profiles")
    recordings, skipped = _record(chosen.recorder)
    folder.write_json("sizes.json", _sizes_json(recordings, skipped))
    programs = [header_rounding.rounding(mix, models) for mix in _mixes(recordings)]
    extremes = [header_rounding.rounding(mix, models) for mix in header_rounding.extremes()]
    folder.write("rounding.csv", header_rounding.as_csv(programs + extremes))
    text = header_report.render(header_compare.compare(table, groups, lookups), programs, extremes,
                                skipped, models, about, chosen.quick)
    path = document or folder.path / DOCUMENT.name
    path.write_text(text, encoding="utf-8")
    make_console().print(f"document: {path}", markup=False, soft_wrap=True)


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        document = _document(chosen)
        manifest = variants.load(chosen.manifest)
        lookups = header_rows.pick(manifest)
        groups = header_rows.narrow(header_rows.groups(chosen.quick), chosen.bench, chosen.threads)
        base = lookups[header_rows.BASE]
        return against.measure(
            "header_ab", argv, chosen, manifest,
            [base, *(variant for variant in lookups.values() if variant != base)],
            [row for group in groups for row in group.rows],
            chosen.reps or (QUICK_REPS if chosen.quick else REPS),
            lambda *made: _write(*made, groups, lookups, chosen, document),
        )

    return options.guarded("header_ab", work)


if __name__ == "__main__":
    sys.exit(main())
