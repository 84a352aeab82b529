"""bazel run //bench:replay -- TRACE VARIANT...: makes the calls of a recorded program again, with
any allocator and on as many threads; measures them, and checks each block."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.lab.base import ending, paths, progress
from bench.lab.measure import in_pairs
from bench.lab.replay import agreement, failing, recorded, replay_report
from bench.lab.select import manifest, options
from bench.lab.select.manifest import Manifest
from bench.lab.select.variant import Variant, preloading
from gen.screen import make_console

REPS = 15
EXAMPLES = ["app.rec hakmem system mi", "app.rec hakmem mine --preload mine=/opt/lib/libmine.so",
            "app.rec hakmem --shrink fails.c"]


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("replay", __doc__.split(": ", 1)[1].replace("\n", " "), EXAMPLES)
    parser.add_argument("trace", metavar="TRACE",
                        help="a file that bazel run //gen:record -- --trace wrote: FILE.trace, or the "
                             "recording FILE beside it")
    parser.add_argument("variants", metavar="VARIANT", nargs="*", default=["hakmem", "system"],
                        help="allocators; the others are compared with the first; default: hakmem "
                             "system")
    parser.add_argument("--shrink", metavar="FILE",
                        help="if the replay fails with the first variant: write a short C program that "
                             "fails too")
    options.add_preload(parser)
    options.add_question(parser)
    options.add_runs(parser, f"how often each variant runs; default {REPS}", "replay")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a check, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        built = options.manifest_of(chosen)
        variants = manifest.select(built, chosen.variants)
        trace = recorded.trace_of(paths.of_caller(chosen.trace))
        if chosen.shrink:
            return failing.write(preloading(variants[0]), trace, paths.of_caller(chosen.shrink),
                                 chosen.timeout)
        return _measure(chosen, argv, built, [preloading(one) for one in variants], trace)

    return ending.guarded("replay", work)


def _measure(chosen: argparse.Namespace, argv: list[str] | None, built: Manifest,
             variants: list[Variant], trace: Path) -> int:
    console = make_console()
    with tempfile.TemporaryDirectory(prefix="hakmem-replay-") as scratch:
        plan_file = Path(scratch) / "plan"
        with progress.telling(console, "reading the trace") as tell:
            made = recorded.plan_of(trace, plan_file, lambda percent: tell(f"{percent} %"))
        recorded.require_memory(made)
        unlike = recorded.differs(trace, made)
        row = recorded.row(made, Path(chosen.trace).name, plan_file)
        status, report = in_pairs.measure(
            "replay", argv, chosen, built, variants, [row], REPS,
            lambda found, runs: replay_report.judge(found, runs, made))
    found = report.agreements if report else []
    for line in agreement.lines(found, made, unlike, status != 0):
        console.print(line, markup=False, soft_wrap=True)
    return status or int(any(not one.holds(made) for one in found))


if __name__ == "__main__":
    sys.exit(main())
