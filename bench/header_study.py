"""bazel run //bench:header_study: the three class lookups compared, as docs/header-classidx.md."""

import argparse
import json
import math
import os
import random
import sys
from pathlib import Path

from rich.console import Console

from bench.lab import (header_compare, header_programs, header_record, header_report,
                       header_rounding, header_rows, results, suite, tables, variants)
from bench.lab.header_record import NotRecorded, Recording
from bench.lab.header_rounding import Mix
from bench.lab.rows import UsageError
from bench.lab.session import Session

ROOT = Path(__file__).absolute().parent.parent
MANIFEST = ROOT / "bench_manifest.json"
RECORDER = Path(__file__).absolute().parent / "libsizes.so"
DOCUMENT = Path("docs") / "header-classidx.md"
KIND = "header_study"  # the folder of its results

REPEATS = 21
QUICK_REPEATS = 5

EXAMPLES = """\
examples:
  bazel run //bench:header_study
  bazel run //bench:header_study -- --repeats 41 --out /tmp/header.md
  bazel run //bench:header_study -- --quick
"""


def _repeats(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


_repeats.__name__ = "whole number from 1 up"
_seconds.__name__ = "number of seconds above 0"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bazel run //bench:header_study --", epilog=EXAMPLES,
        description="Measures the header, map and region lookups and writes what it shows.",
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )
    parser.add_argument("--repeats", type=_repeats, metavar="N",
                        help=f"of each run; default {REPEATS}, with --quick {QUICK_REPEATS}")
    parser.add_argument("--out", metavar="FILE",
                        help=f"the document; default: {DOCUMENT} in the workspace, with --quick "
                             f"{DOCUMENT.name} among the results")
    parser.add_argument("--results", metavar="DIR",
                        help=f"the raw numbers; default: bench_results/{KIND}/<time> in the "
                             "workspace")
    parser.add_argument("--quick", action="store_true",
                        help="runs of a tenth of the length, to see whether it works")
    parser.add_argument("--seed", type=int, metavar="N",
                        help="of the order of the runs; default: a new one")
    parser.add_argument("--timeout", type=_seconds, default=120, metavar="SECONDS",
                        help="of one run; default %(default)s")
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help=argparse.SUPPRESS)
    parser.add_argument("--recorder", type=Path, default=RECORDER, help=argparse.SUPPRESS)
    return parser


def _document(options: argparse.Namespace) -> Path | None:
    """Where the document goes; None: among the results.  Raises UsageError where it cannot."""
    if options.out is not None:
        path = Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / options.out
    elif options.quick:
        return None
    else:
        path = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / DOCUMENT
    if path.is_dir():
        raise UsageError(f"--out: {path}: is a folder; name a file, such as {path / DOCUMENT.name}")
    if not path.parent.is_dir():
        raise UsageError(f"--out: {path}: there is no folder {path.parent}; name a file in one "
                         "that exists")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--out: {path}: Permission denied; name a file that you may write")
    return path


def _record(console: Console, recorder: Path) -> tuple[dict[str, Recording], dict[str, str]]:
    """What each program asked for, and why others are left out."""
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


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    options = _parser().parse_args(argv)
    console = tables.make_console()
    try:
        document = _document(options)
        manifest = variants.load(options.manifest)
        chosen = header_rows.pick(manifest)
        models = header_rounding.load_models(ROOT / "profiles")
        folder = results.Folder(results.chosen_path(options.results, KIND))
    except UsageError as error:
        print(f"header_study: {error}", file=sys.stderr)
        return 2
    words = sys.argv[1:] if argv is None else argv
    groups = header_rows.groups(options.quick)
    session = Session(
        command=" ".join(["bazel run //bench:header_study", *(["--", *words] if words else [])]),
        manifest=manifest, rows=[row for group in groups for row in group.rows],
        variants=list(chosen.values()),
        reps=options.repeats or (QUICK_REPEATS if options.quick else REPEATS),
        seed=random.SystemRandom().randrange(1 << 31) if options.seed is None else options.seed,
        timeout=options.timeout, folder=folder, write=suite.write,
    )
    document = document or folder.path / DOCUMENT.name
    try:
        recordings, skipped = _record(console, options.recorder)
        folder.write_json("sizes.json", _sizes_json(recordings, skipped))
        programs = [header_rounding.rounding(mix, models) for mix in _mixes(recordings)]
        extremes = [header_rounding.rounding(mix, models) for mix in header_rounding.extremes()]
        folder.write("rounding.csv", header_rounding.as_csv(programs + extremes))
        table, status = session.measure(console)
        compared = header_compare.compare(table, groups, chosen)
        folder.write("comparisons.csv", header_compare.as_csv(compared))
        if status != 130:
            about = json.loads((folder.path / "run.json").read_text(encoding="utf-8"))
            text = header_report.render(compared, programs, extremes, skipped, models, about,
                                         options.quick)
            document.write_text(text, encoding="utf-8")
    except KeyboardInterrupt:  # before the first run, or while the files were being written
        status = 130
    except OSError as error:  # such as a full disk; results.csv holds the finished runs
        where = error.filename or folder.path
        print(f"header_study: {where}: {error.strerror}; what is there is in {folder.path}",
              file=sys.stderr)
        return 1
    if status == 130:
        print(f"header_study: interrupted: no document is written, what is there is in "
              f"{folder.path}", file=sys.stderr)
        return 130
    if status:
        console.print("some runs failed: the document lacks their numbers", style="bold red")
    console.print(f"document: {document}", markup=False, soft_wrap=True)
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
