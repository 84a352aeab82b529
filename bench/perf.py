"""bazel run //bench:perf -- BENCH VARIANT: shows where one benchmark program spends its time.

perf takes samples of the running program; with --instructions, valgrind's callgrind counts its
instructions.
"""

import argparse
import sys

from bench.lab.base import ending, valgrind
from bench.lab.base.errors import UsageError
from bench.lab.perf import callgrind, profiled, profiling, sampling
from bench.lab.perf.callgrind import Callgrind
from bench.lab.perf.profiler import Profiler
from bench.lab.perf.sampling import Perf
from bench.lab.run.folder import Files
from bench.lab.select import options
from bench.lab.select.manifest import Manifest
from bench.lab.select.programs import PROGRAMS
from gen import screen

TIMEOUT = 300  # seconds


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("perf", __doc__.split(": ", 1)[1], [
        "tiny_hot hakmem", "larson hakmem-low-rss --frequency 9999 --out /tmp/larson",
        "random_mixed mi --args \"20000000 8192 42\"", "prodcons hakmem --instructions",
        "cold mine --preload mine=/opt/lib/libmine.so",
    ])
    parser.add_argument("bench", metavar="BENCH",
                        help=f"the program, with or without bench_: {', '.join(PROGRAMS)}")
    parser.add_argument("variant", metavar="VARIANT",
                        help="the allocator that it runs with, such as hakmem, hakmem-low-rss, mi")
    parser.add_argument("--args", metavar="WORDS",
                        help="arguments of the program; default: those of its first row in the "
                             "matrix --full, or of its first short row with --instructions")
    parser.add_argument("--frequency", type=options.above_zero, metavar="HZ",
                        help=f"samples a second; default {sampling.FREQUENCY}")
    parser.add_argument("--instructions", action="store_true",
                        help="count instructions with callgrind; the program then runs about "
                             f"{callgrind.SLOWER} times slower")
    options.add_preload(parser)
    parser.add_argument("--out", metavar="DIR",
                        help="folder for the results; default: bench_results/perf/<time> in the "
                             "workspace")
    parser.add_argument("--timeout", type=options.seconds, default=TIMEOUT, metavar="SECONDS",
                        help="how long the run may take; default %(default)s")
    options.add_manifest(parser)
    return parser


def _profiler(chosen: argparse.Namespace, built: Manifest) -> Profiler:
    """The tool for what the command line asks for, with a folder for its results.

    Raises UsageError for what there is not, ToolError for a tool that is missing.
    """
    found = profiled.find(built, chosen.bench, chosen.variant, chosen.args, chosen.instructions)
    if chosen.instructions and chosen.frequency:
        raise UsageError("--frequency: --instructions counts all and takes no samples; "
                         "leave one of the two out")
    path = options.out_of(chosen, "perf")
    console = screen.make_console()
    if chosen.instructions:
        valgrind.require()
        return Callgrind(found, Files(path, "run.json"), console)
    hertz = sampling.frequency(chosen.frequency)
    event = sampling.event(found.row.program)
    return Perf(found, Files(path, "run.json"), console, event, hertz)


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run, a tool or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        built = options.manifest_of(chosen)
        return profiling.profile(_profiler(chosen, built), options.typed("perf", argv), built,
                                 chosen.timeout)

    return ending.guarded("perf", work)


if __name__ == "__main__":
    sys.exit(main())
