"""bazel run //bench:bisect -- A B --row ROW: finds which keys of two profiles, or which commit of
two, make the difference between them.

Profiles that have some of B's keys on A are built and measured against A; or commits between two
are built aside, and their libraries measured against that of the first.
"""

import argparse
import sys

from bench.lab.base import ending
from bench.lab.base.errors import UsageError
from bench.lab.bisect.searching import MEMORY, NAME, Searching
from bench.lab.select import options

WITHIN = 120.0  # seconds for a step


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(NAME, __doc__.split(": ", 1)[1].replace("\n", " "), [
        "hakmem hakmem-low-rss --row 'bench_tiny_hot 32 100 300000'",
        "hakmem hakmem-mid-large --row 'bench_mid_large_mt 2 2000000 2048 42' --of memory",
        "--commits v1.0..HEAD --row 'larson 0.3 8 128 1024 1 12345 2' --better-by 2",
    ])
    parser.add_argument("a", metavar="A", nargs="?", help="a profile's variant, such as hakmem")
    parser.add_argument("b", metavar="B", nargs="?", help="another one, such as hakmem-low-rss")
    parser.add_argument("--commits", metavar="GOOD..BAD",
                        help="instead of A and B: two commits of the workspace, the second after "
                             "the first")
    parser.add_argument("--variant", metavar="NAME",
                        help="with --commits: the variant whose library is built; default: hakmem")
    parser.add_argument("--row", required=True, metavar="'PROGRAM ARGS'",
                        help="the row that shows the difference, as bench:list -- programs prints "
                             "it; any arguments of the program will do")
    parser.add_argument("--of", choices=("speed", MEMORY), default="speed",
                        help="what differs: the speed, or the peak RSS; default: %(default)s")
    parser.add_argument("--better-by", type=options.percent, metavar="PERCENT",
                        help="a step has the difference if it surely makes more than this; "
                             "default: half of what B makes")
    parser.add_argument("--within", type=options.seconds, default=WITHIN, metavar="SECONDS",
                        help="a step ends as soon as its answer is known, at the latest after so "
                             "long; default %(default)g")
    parser.add_argument("--seed", type=options.whole, metavar="N",
                        help="starts the random numbers of the runs; default: a new one")
    parser.add_argument("--timeout", type=options.seconds, default=120, metavar="SECONDS",
                        help="how long one run may take; default %(default)s")
    options.add_out(parser, NAME)
    return parser


def _require_one_question(chosen: argparse.Namespace) -> None:
    """Raises UsageError unless there are either two variants or two commits."""
    if chosen.commits and chosen.a:
        raise UsageError("--commits: takes the place of A and B; leave them out")
    if not chosen.commits and not chosen.b:
        raise UsageError("name two profiles' variants, A and B, or --commits GOOD..BAD")
    if chosen.variant and not chosen.commits:
        raise UsageError("--variant: goes with --commits; A and B are variants themselves")


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a build, a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        _require_one_question(chosen)
        searching = Searching(chosen, argv)
        return searching.by_commits() if chosen.commits else searching.by_keys()

    return ending.guarded(NAME, work)


if __name__ == "__main__":
    sys.exit(main())
