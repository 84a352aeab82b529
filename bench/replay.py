"""bazel run //bench:replay -- TRACE VARIANT...: the calls of a recorded program again, on as many threads,
with any allocator; what they take, and whether each block is what it should be."""

import argparse
import sys

from bench.lab import against, options, replaying, results, variants
from bench.lab.analysis import Table
from bench.lab.rows import UsageError
from bench.lab.tables import make_console

REPS = 9
EXAMPLES = ["app.trace hakmem system mi", "app.trace hakmem mine --preload mine=/opt/lib/libmine.so",
            "app.trace hakmem --shrink fails.c"]


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("replay", __doc__.split(": ", 1)[1].replace("\n", " "), EXAMPLES)
    parser.add_argument("trace", metavar="TRACE",
                        help="what bazel run //gen:record -- --trace has written")
    parser.add_argument("variants", metavar="VARIANT", nargs="*", default=["hakmem", "system"],
                        help="the others are compared with the first; default: hakmem system")
    parser.add_argument("--shrink", metavar="FILE",
                        help="if the first variant fails: a C program with the calls that it takes")
    options.add_preload(parser)
    options.add_runs(parser, f"rounds, in which each variant runs once; default {REPS}", "replay")
    return parser


def _shrink(chosen: argparse.Namespace, variant: variants.Variant, calls: list) -> int:
    """Writes the program; 0 even if nothing fails, which is said."""
    path = results.caller_path(chosen.shrink)
    if path.exists():
        raise UsageError(f"--shrink: {path}: exists; name another file")
    console = make_console()
    with console.status("shrinking") as status:
        left = replaying.shrink(variant, calls, chosen.timeout,
                                lambda tries, count: status.update(f"{tries} tries, {count} calls"))
    if left is None:
        console.print(f"{variant.name} does not fail: no program is written")
        return 0
    path.write_text(replaying.as_c(left, variant.name, path.name), encoding="utf-8")
    console.print(f"{len(left)} of {len(calls)} calls make {variant.name} fail: {path}",
                  markup=False, soft_wrap=True)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a check, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        manifest = variants.with_preloads(variants.load(chosen.manifest), chosen.preload)
        these = [replaying.runner(one) for one in variants.select(manifest, chosen.variants)]
        path = results.caller_path(chosen.trace)
        calls = replaying.read(path)
        if chosen.shrink:
            return _shrink(chosen, these[0], calls)
        made = replaying.plan_of(calls, chosen.trace)
        folder = results.Folder(results.chosen_path(chosen.out, "replay"))
        row = replaying.row(made, folder.path / "plan")
        found: list[replaying.Agreement] = []

        def further(to: results.Folder, table: Table, _about: dict) -> None:
            found[:] = replaying.agree(made, to.path, table)
            to.write("replay.csv", replaying.as_csv(found, made))

        status = against.measure("replay", argv, chosen, manifest, these, [row],
                                 chosen.reps or REPS, further, folder)
        for line in replaying.lines(found, made, replaying.differs(path, calls, made)):
            make_console().print(line, markup=False, soft_wrap=True)
        return status

    return options.guarded("replay", work)


if __name__ == "__main__":
    sys.exit(main())
