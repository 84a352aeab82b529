"""bazel run //bench:replay -- TRACE VARIANT...: the calls of a recorded program again, on as many threads,
with any allocator; what they take, and whether each block is what it should be."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench.lab.base import progress
from bench.lab.base.screen import make_console
from bench.lab.judge.analysis import Table
from bench.lab.replay import replaying, shrink
from bench.lab.replay.plan import Plan
from bench.lab.run import results
from bench.lab.select import options, variants
from bench.lab.select.rows import UsageError
from bench.lab.show import against

REPS = 9
EXAMPLES = ["app.rec hakmem system mi", "app.rec hakmem mine --preload mine=/opt/lib/libmine.so",
            "app.rec hakmem --shrink fails.c"]


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("replay", __doc__.split(": ", 1)[1].replace("\n", " "), EXAMPLES)
    parser.add_argument("trace", metavar="TRACE",
                        help="what bazel run //gen:record -- --trace has written: FILE.trace, or FILE "
                             "beside it")
    parser.add_argument("variants", metavar="VARIANT", nargs="*", default=["hakmem", "system"],
                        help="the others are compared with the first; default: hakmem system")
    parser.add_argument("--shrink", metavar="FILE",
                        help="if the first variant fails: a C program with the calls that it takes")
    options.add_preload(parser)
    options.add_runs(parser, f"rounds, in which each variant runs once; default {REPS}", "replay")
    return parser


def _shrink(chosen: argparse.Namespace, variant: variants.Variant, trace: Path) -> int:
    """Writes the program; 0 even if nothing fails, which is said; 130 for Ctrl-C."""
    path = results.caller_path(chosen.shrink)
    if path.exists():
        raise UsageError(f"--shrink: {path}: exists; name another file")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"--shrink: {path.parent}: is no folder that can be written to")
    console = make_console()
    with tempfile.TemporaryDirectory(prefix="hakmem-replay-") as scratch:
        runner = replaying.runner(variant, Path(scratch) / "plan")
        with progress.telling(console, "reading the trace") as tell:
            made = replaying.plan_of(trace, runner.plan, lambda percent: tell(f"{percent} %"))
        with progress.telling(console, "shrinking") as tell:
            shrinking = shrink.Shrinking(
                trace, Path(scratch),
                lambda fewer: replaying.fails(runner, fewer, chosen.timeout),
                lambda tries, calls: tell(f"{tries} tries, {calls} calls left"))
            least = True
            try:
                shrinking.run()
            except KeyboardInterrupt:
                if not shrinking.left:
                    raise
                least = False
        if not shrinking.left:
            console.print(f"{variant.name} does not fail: no program is written")
            return 0
        written = shrink.write(shrinking.path, shrinking.left, variant.name, path)
    console.print(f"{shrinking.left.calls} of {made.calls} calls make {variant.name} fail: "
                  f"{written}", soft_wrap=True)
    if written != path:
        console.print(f"more than {shrink.MOST_CALLS} calls are no program that a compiler takes: "
                      "this is their trace, which //bench:replay takes", soft_wrap=True)
    if not least:
        print("replay: interrupted: fewer calls may do", file=sys.stderr)
    return 0 if least else 130


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a check, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        manifest = variants.with_preloads(variants.load(chosen.manifest), chosen.preload,
                                          chosen.timeout)
        chosen_ones = variants.select(manifest, chosen.variants)
        path = replaying.trace_of(results.caller_path(chosen.trace))
        if chosen.shrink:
            return _shrink(chosen, chosen_ones[0], path)
        with tempfile.TemporaryDirectory(prefix="hakmem-replay-") as scratch:
            plan = Path(scratch) / "plan"
            these = [replaying.runner(one, plan) for one in chosen_ones]
            with progress.telling(make_console(), "reading the trace") as tell:
                made = replaying.plan_of(path, plan, lambda percent: tell(f"{percent} %"))
            replaying.require_memory(made)
            return _measure(chosen, argv, manifest, these, made, replaying.differs(path, made))

    return options.guarded("replay", work)


def _measure(chosen: argparse.Namespace, argv: list[str] | None, manifest: variants.Manifest,
             these: list[replaying.Replaying], made: Plan, unlike: list[str]) -> int:
    folder = results.Folder(results.chosen_path(chosen.out, "replay"))
    row = replaying.row(made, Path(chosen.trace).name)
    found: list[replaying.Agreement] = []

    def further(to: results.Folder, table: Table, _about: dict) -> None:
        found[:] = replaying.agree(made, to.path, table)
        to.write("replay.csv", replaying.as_csv(found, made))

    status = against.measure("replay", argv, chosen, manifest, these, [row],
                             chosen.reps or REPS, further, folder)
    for line in replaying.lines(found, made, unlike, status != 0):
        make_console().print(line, markup=False, soft_wrap=True)
    return status or int(any(not one.holds(made) for one in found))


if __name__ == "__main__":
    sys.exit(main())
