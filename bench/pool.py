"""bazel run //bench:pool -- DIR DIR ...: joins measurements of the same two variants, made on
several days, boots or machines.

Each folder of results is an occasion.  What holds on all of them is no luck of one.
"""

import argparse
import sys
from pathlib import Path

from bench.lab.base import ending, paths
from bench.lab.base.errors import UsageError
from bench.lab.pool import occasion, together
from bench.lab.pool.pool_report import JoinedFolder, PoolReport
from bench.lab.select import options, rows
from gen.screen import make_console


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("pool", __doc__.split(": ", 1)[1], [
        "bench_results/ab/monday bench_results/ab/tuesday /mnt/other/bench_results/ab/friday",
        "monday tuesday friday --a hakmem --b hakmem-low-rss --same-within 2",
    ])
    parser.add_argument("folders", nargs="+", metavar="DIR",
                        help="results of bench:ab, of a sweep or of any other measurement of both "
                             "variants; one that was itself joined stands for its occasions")
    parser.add_argument("--a", metavar="NAME", help="A; default: the first variant of "
                        "the first DIR")
    parser.add_argument("--b", metavar="NAME", help="B; default: the second one")
    options.add_only(parser)
    options.add_margins(parser)
    options.add_out(parser, "pool")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run of an occasion or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        named: list[Path] = [paths.of_caller(text) for text in chosen.folders]
        found = occasion.load(occasion.folders(named), chosen.a, chosen.b)
        if chosen.bench or chosen.threads:
            found = occasion.only(found, rows.narrow(occasion.rows(found), chosen.bench,
                                                     chosen.threads))
        joined = together.judge(found, options.margins_of(chosen))
        if joined is None:
            raise UsageError("no row has enough rounds of both variants in two of the folders: "
                             + "; ".join(together.left_out(found)))
        report = PoolReport(joined, options.typed("pool", argv))
        folder = JoinedFolder(options.out_of(chosen, "pool"))
        return ending.keeping("pool", folder.path, lambda: _finish(report, folder))

    return ending.guarded("pool", work)


def _finish(report: PoolReport, folder: JoinedFolder) -> int:
    console = make_console()
    report.write(folder)
    report.show(console)
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    if report.failures:
        print(f"pool: failed: {report.failures[0]}", file=sys.stderr)
    return int(bool(report.failures))


if __name__ == "__main__":
    sys.exit(main())
