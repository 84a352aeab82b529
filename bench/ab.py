"""bazel run //bench:ab -- A B: which of two allocators is better, by how much, how sure.

Runs of the two alternate, in pairs.  A and B may be the same: then nothing should be found.
"""

import argparse
import dataclasses
import sys

from bench.lab import ab_text, options, results, rows, schedule, tables, variants
from bench.lab.analysis import Table
from bench.lab.session import Session, run_session
from bench.lab.variants import Manifest, Variant

QUICK_REPS = 15
FULL_REPS = 9


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("ab", __doc__.split(": ", 1)[1], [
        "hakmem mi", "hakmem-tiny-heavy hakmem --bench tiny_hot,larson --reps 21",
        "hakmem mine --preload mine=/opt/lib/libmine.so", "hakmem hakmem",
    ])
    parser.add_argument("a", metavar="A", help="a variant, such as hakmem, hakmem-low-rss, mi")
    parser.add_argument("b", metavar="B", help="another, or the same")
    options.add_rows(parser, "the parameters of the matrix's --full")
    options.add_preload(parser)
    options.add_runs(parser, f"pairs of each row; default {QUICK_REPS}, with --full {FULL_REPS}",
                     "ab")
    return parser


def pair_of(manifest: Manifest, a: str, b: str) -> tuple[Variant, Variant]:
    """The two variants; the second gets a name of its own if they are the same.

    Raises UsageError for a name that is no variant.
    """
    first = variants.select(manifest, [a], "A")[0]
    second = variants.select(manifest, [b], "B")[0]
    return first, dataclasses.replace(second, name=f"{b}-again") if a == b else second


def measure(command: str, words: list[str] | None, chosen: argparse.Namespace,
            pair: tuple[Variant, Variant], manifest: Manifest, of_rows: list[rows.Row]) -> int:
    """Runs the pairs, writes and shows what came of them; the exit status."""
    folder = results.Folder(results.chosen_path(chosen.out, command))
    console = tables.make_console()
    last: dict = {}

    def write(to: results.Folder, table: Table, about: dict) -> None:
        outcome = ab_text.Outcome(table, *pair)
        last.update(outcome=outcome, about=about)
        to.write("summary.md", ab_text.markdown(outcome, about))
        to.write("comparisons.csv", ab_text.as_csv(outcome))

    session = Session(
        command=options.typed(command, words), manifest=manifest, rows=of_rows,
        variants=list(pair), reps=chosen.reps or (FULL_REPS if chosen.full else QUICK_REPS),
        seed=options.seed_of(chosen), timeout=chosen.timeout, folder=folder,
        write=write, order=schedule.pair, all_or_none=True,
    )
    return run_session(session, command, console,
                       lambda _table: ab_text.show(console, last["outcome"], last["about"]))


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        manifest = variants.with_preloads(variants.load(chosen.manifest), chosen.preload)
        pair = pair_of(manifest, chosen.a, chosen.b)
        programs = chosen.bench or ([] if chosen.full else sorted(rows.SANITY))
        return measure("ab", argv, chosen, pair, manifest,
                       rows.select(chosen.full, programs, chosen.threads))

    return options.guarded("ab", work)


if __name__ == "__main__":
    sys.exit(main())
