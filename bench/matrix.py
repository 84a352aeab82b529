"""bazel run //bench:matrix: all programs over all variants, interleaved, as one table."""

import argparse
import math
import random
import sys
from pathlib import Path

from bench.lab import results, rows, tables, variants
from bench.lab.rows import UsageError
from bench.lab.session import Session

MANIFEST = Path(__file__).absolute().parent.parent / "bench_manifest.json"

QUICK_REPS = 9
FULL_REPS = 5

EXAMPLES = """\
examples:
  bazel run //bench:matrix
  bazel run //bench:matrix -- --full --out /tmp/full
  bazel run //bench:matrix -- --bench larson,tiny_hot --variants hakmem,system,mi --reps 9
"""


def _words(text: str) -> list[str]:
    words = [word for word in text.split(",") if word]
    if not words:
        raise ValueError
    return words


def _counts(text: str) -> list[int]:
    return [_count(word) for word in _words(text)]


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


_seconds.__name__ = "number of seconds above 0"
_words.__name__ = "list of names"
_count.__name__ = "whole number from 1 up"
_counts.__name__ = "list of whole numbers from 1 up"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bazel run //bench:matrix --", description=__doc__.split(": ", 1)[1], epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )
    parser.add_argument("--full", action="store_true",
                        help="the seed's own parameters: about 35 minutes")
    parser.add_argument("--bench", type=_words, default=[], metavar="NAME,...",
                        help=f"programs, with or without bench_: {', '.join(rows.SANITY)}")
    parser.add_argument("--variants", type=_words, default=[], metavar="NAME,...")
    parser.add_argument("--threads", type=_counts, default=[], metavar="N,...",
                        help="only rows with so many threads")
    parser.add_argument("--reps", type=_count, metavar="N",
                        help=f"default {QUICK_REPS}, with --full {FULL_REPS}")
    parser.add_argument("--out", metavar="DIR",
                        help="default: bench_results/suite/<time> in the workspace")
    parser.add_argument("--seed", type=int, metavar="N",
                        help="of the order of the runs; default: a new one")
    parser.add_argument("--timeout", type=_seconds, default=120, metavar="SECONDS",
                        help="of one run; default %(default)s")
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help=argparse.SUPPRESS)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    options = _parser().parse_args(argv)
    console = tables.make_console()
    try:
        manifest = variants.load(options.manifest)
        chosen_rows = rows.select(options.full, options.bench, options.threads)
        chosen = variants.select(manifest, options.variants)
        folder = results.Folder(results.chosen_path(options.out, "suite"))
    except UsageError as error:
        print(f"matrix: {error}", file=sys.stderr)
        return 2
    for peer in manifest.missing:
        console.print(f"{peer.name} is left out: not installed (package {peer.package})")
    seed = random.SystemRandom().randrange(1 << 31) if options.seed is None else options.seed
    words = sys.argv[1:] if argv is None else argv
    reps = options.reps or (FULL_REPS if options.full else QUICK_REPS)
    session = Session(
        command=" ".join(["bazel run //bench:matrix --", *words] if words
                         else ["bazel run //bench:matrix"]),
        manifest=manifest, rows=chosen_rows, variants=chosen, reps=reps, seed=seed,
        timeout=options.timeout, folder=folder,
    )
    try:
        table, status = session.measure(console)
    except KeyboardInterrupt:  # before the first run, or while the files were being written
        print(f"matrix: interrupted: what is there is in {folder.path}", file=sys.stderr)
        return 130
    except OSError as error:  # such as a full disk; results.csv holds the finished runs
        where = error.filename or folder.path
        print(f"matrix: {where}: {error.strerror}; what is there is in {folder.path}",
              file=sys.stderr)
        return 1
    tables.show(console, table)
    if status == 130:
        console.print("interrupted: the finished runs are written")
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
