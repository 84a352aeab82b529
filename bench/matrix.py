"""bazel run //bench:matrix: runs all programs with all variants, in random order, and shows one
table."""

import argparse
import sys

from bench.lab.base import ending, paths
from bench.lab.base.errors import UsageError
from bench.lab.judge import regress
from bench.lab.measure import conduct, matrix_report
from bench.lab.run import earlier
from bench.lab.run.earlier import Earlier
from bench.lab.run.folder import Folder
from bench.lab.run.session import Session
from bench.lab.run.until import Rounds
from bench.lab.select import manifest, options, rows
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.stats import rank_sums
from bench.lab.stats.estimate import FAMILY, TOO_FEW
from gen import screen

QUICK_REPS = 12
FULL_REPS = 7


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("matrix", __doc__.split(": ", 1)[1], [
        "", "--full --out /tmp/full", "--bench larson,tiny_hot --variants hakmem,system,mi --reps 9",
        "--full --baseline /tmp/full --fail-on-regression",
    ])
    options.add_rows(parser, "all programs, with more parameters and longer runs: about 45 minutes")
    parser.add_argument("--variants", type=options.words, default=[], metavar="NAME,...",
                        help="only these variants; bazel run //bench:list -- variants shows all")
    options.add_preload(parser)
    parser.add_argument("--baseline", metavar="DIR",
                        help="the folder of an earlier run, to compare with")
    parser.add_argument("--fail-on-regression", action="store_true",
                        help="exit with status 1 if a variant of hakmem got worse by 10 %% or "
                             "more since --baseline, or if there are too few runs to tell")
    options.add_runs(parser, f"how often each variant runs; default {QUICK_REPS}, with --full "
                     f"{FULL_REPS}", "suite")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed, or what --fail-on-regression says; 2: wrong use;
    130: interrupted."""
    chosen = _parser().parse_args(argv)
    return ending.guarded("matrix", lambda: _measure(chosen, argv))


def _measure(chosen: argparse.Namespace, argv: list[str] | None) -> int:
    if chosen.fail_on_regression and chosen.baseline is None:
        raise UsageError("--fail-on-regression: needs --baseline DIR to compare with")
    before = earlier.load_option("--baseline", paths.of_caller(chosen.baseline)) \
        if chosen.baseline else None
    built = options.manifest_of(chosen)
    of_rows = rows.select(chosen.full, chosen.bench, chosen.threads)
    variants = manifest.select(built, chosen.variants)
    reps = chosen.reps or (FULL_REPS if chosen.full else QUICK_REPS)
    if chosen.fail_on_regression:
        _require_runs(before, of_rows, variants, reps)
    folder = Folder(options.out_of(chosen, "suite"))
    for peer in built.missing:
        screen.make_console().print(
            f"{peer.name} is left out: not installed (package {peer.package})")
    status, report = conduct.measure("matrix", Session(
        command=options.typed("matrix", argv), manifest=built, rows=of_rows, variants=variants,
        until=Rounds(reps), seed=options.seed_of(chosen), timeout=chosen.timeout, folder=folder,
    ), lambda runs: matrix_report.judge(runs, before))
    if not (report and chosen.fail_on_regression):
        return status
    if status in (0, 1) and report.found.untold:
        print(f"matrix: --fail-on-regression: cannot tell: {report.found.untold}", file=sys.stderr)
        return 1
    return status or int(report.found.regressed)


def _require_runs(before: Earlier, its_rows: list[Row], its_variants: list[Variant],
                  reps: int) -> None:
    """Raises UsageError where nothing could come of --fail-on-regression, before a long measurement
    shows it."""
    rows_with_runs = [[n for variant in its_variants if variant.kind == "profile"
                       and (n := len(before.runs(row.program, row.params, variant.name)))]
                      for row in its_rows]
    then = [n for found in rows_with_runs for n in found]
    if not then:
        raise UsageError(f"--fail-on-regression: {before.folder} has no run of these rows with a "
                         "variant of hakmem's; name results of the same --full and --bench")
    variants = sum(variant.kind == "profile" for variant in its_variants)
    tests = regress.family(sum(map(bool, rows_with_runs)), variants)

    def enough(n: int) -> bool:
        return tests * rank_sums.least_p(max(then), n) <= FAMILY

    if not enough(reps):
        least = next((n for n in range(1, 1000) if enough(n)), None)
        raise UsageError(f"--fail-on-regression: {reps} rounds against {max(then)} earlier are "
                         f"{TOO_FEW} to tell in {tests} comparisons; "
                         + (f"take at least --reps {least}" if least else
                            "take another --baseline"))


if __name__ == "__main__":
    sys.exit(main())
