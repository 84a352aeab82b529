"""bazel run //bench:matrix: all programs over all variants, interleaved, as one table."""

import argparse
import sys

from bench.lab import options, results, rows, suite, tables, variants
from bench.lab.session import Session, run_session

QUICK_REPS = 9
FULL_REPS = 5


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("matrix", __doc__.split(": ", 1)[1], [
        "", "--full --out /tmp/full", "--bench larson,tiny_hot --variants hakmem,system,mi --reps 9",
    ])
    options.add_rows(parser, "the seed's own parameters and longer rows: about 35 minutes")
    parser.add_argument("--variants", type=options.words, default=[], metavar="NAME,...")
    options.add_preload(parser)
    options.add_runs(parser, f"default {QUICK_REPS}, with --full {FULL_REPS}", "suite")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)
    return options.guarded("matrix", lambda: _measure(chosen, argv))


def _measure(chosen: argparse.Namespace, argv: list[str] | None) -> int:
    console = tables.make_console()
    manifest = variants.with_preloads(variants.load(chosen.manifest), chosen.preload)
    chosen_rows = rows.select(chosen.full, chosen.bench, chosen.threads)
    chosen_variants = variants.select(manifest, chosen.variants)
    folder = results.Folder(results.chosen_path(chosen.out, "suite"))
    for peer in manifest.missing:
        console.print(f"{peer.name} is left out: not installed (package {peer.package})")
    session = Session(
        command=options.typed("matrix", argv), manifest=manifest, rows=chosen_rows,
        variants=chosen_variants, reps=chosen.reps or (FULL_REPS if chosen.full else QUICK_REPS),
        seed=options.seed_of(chosen), timeout=chosen.timeout, folder=folder,
        write=suite.write,
    )
    return run_session(session, "matrix", console, lambda table: tables.show(console, table))


if __name__ == "__main__":
    sys.exit(main())
