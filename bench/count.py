"""bazel run //bench:count -- A B: compares two allocators in counts, which do not depend on luck,
and says which of them explain a difference in time.

Instructions, simulated cache misses and locks are counted by valgrind's callgrind, system calls by
strace, page faults by the kernel, each for one operation, without start and warm-up.
"""

import argparse
import sys

from bench.lab.base import ending, paths
from bench.lab.base.errors import UsageError
from bench.lab.count import counter
from bench.lab.count.counting import Counting
from bench.lab.run import earlier, schedule
from bench.lab.run.earlier import Earlier
from bench.lab.run.folder import Folder
from bench.lab.run.session import Session
from bench.lab.run.until import Rounds
from bench.lab.select import anycommand, manifest, options, rows
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant, preloading

REPS = 9


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("count", __doc__.split(": ", 1)[1], [
        "hakmem mi --bench tiny_hot,random_mixed", "hakmem hakmem",
        "hakmem mine --preload mine=/opt/lib/libmine.so --bench vm_mixed",
        "hakmem mi --times bench_results/ab/EARLIER",
        "hakmem-low-rss system --program 'git log --stat'",
    ])
    parser.add_argument("a", metavar="A", help="a variant, such as hakmem, hakmem-low-rss, mi")
    parser.add_argument("b", metavar="B", help="another variant, or the same one once more")
    options.add_rows(parser, options.LONG)
    options.add_programs(parser, "count")
    parser.add_argument("--times", metavar="DIR",
                        help="explain the times of this folder of results of bench:ab or "
                             "bench:matrix, and count its rows; nothing is timed then")
    options.add_preload(parser)
    options.add_runs(parser, f"how many pairs of timed runs each row gets; default {REPS}", "count")
    return parser


def _rows(chosen: argparse.Namespace, pair: tuple[Variant, Variant],
          before: Earlier | None) -> list[Row]:
    """The rows that the options choose; those with times, if these are given."""
    if chosen.program:
        found = [anycommand.parse(text) for text in dict.fromkeys(chosen.program)]
    elif before:
        found = rows.narrow(rows.every(), chosen.bench, chosen.threads)
    else:
        programs = chosen.bench or ([] if chosen.full else sorted(PROGRAMS))
        found = rows.select(chosen.full, programs, chosen.threads)
    if before:
        found = [row for row in found if all(before.runs(row.program, row.params, one.name)
                                             for one in pair)]
        if not found:
            raise UsageError(f"--times: {before.folder}: has no such row with times of "
                             f"{pair[0].name} and of {pair[1].name}")
        if not all(run.ops for row in found for one in pair
                   for run in before.runs(row.program, row.params, one.name).values()):
            raise UsageError(f"--times: {before.folder}: its results do not say how many "
                             "operations a run did")
    return found


def _countable(chosen: list[Row], pair: tuple[Variant, Variant]) -> tuple[list[Row], list[str]]:
    """The rows that can be counted, and the others with the reason.  Raises UsageError if there are
    none."""
    why = {row: counter.refusal(row) or next(filter(None, (one.why_not(row) for one in pair)), None)
           for row in chosen}
    left_out = [f"{row.title}: {reason}" for row, reason in why.items() if reason]
    found = [row for row, reason in why.items() if not reason]
    if not found:
        raise UsageError(f"no row can be counted: {left_out[0]}")
    return found, left_out


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run, a tool or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        built = options.manifest_of(chosen)
        pair = manifest.pair(built, chosen.a, chosen.b)
        if chosen.times is not None and chosen.reps:
            raise UsageError("--reps: with --times nothing is timed; leave one of the two out")
        before = earlier.load_option("--times", paths.of_caller(chosen.times)) \
            if chosen.times else None
        found, left_out = _countable(_rows(chosen, pair, before), pair)
        if chosen.program:
            pair = tuple(preloading(variant, "--program: ") for variant in pair)
        session = Session(
            command=options.typed("count", argv), manifest=built, rows=found, variants=list(pair),
            until=Rounds(0 if before else chosen.reps or REPS), seed=options.seed_of(chosen),
            timeout=chosen.timeout, folder=Folder(options.out_of(chosen, "count")),
            order=schedule.pair, all_or_none=True)
        return Counting(session, before, left_out).run("count")

    return ending.guarded("count", work)


if __name__ == "__main__":
    sys.exit(main())
