"""bazel run //bench:history: shows how each row and variant did over all measurements that are
kept, and when that changed.

Each measurement leaves a folder of results; these are put in the order of time.  What surely
changed is named with the measurements, and the commits, between which it did.
"""

import argparse
import datetime
import sys

from bench.lab.base import ending, paths, progress
from bench.lab.base.errors import UsageError
from bench.lab.history import judge, levels, measurements, series
from bench.lab.history.history_report import HistoryReport
from bench.lab.history.measurements import Measurement
from bench.lab.history.series import Choice
from bench.lab.run.folder import Files
from bench.lab.select import options
from gen import screen

RESULTS = "bench_results"


def _time(text: str) -> datetime.datetime:
    """A day or a time, of this machine's time zone if it does not say which."""
    try:
        return datetime.datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day or a time, such as 2026-01-31 or 2026-01-31T12:00:00") from None


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("history", __doc__.split(": ", 1)[1].replace("\n", " ", 1), [
        "", "bench_results/suite --bench larson,tiny_hot --variants hakmem,system",
        "/var/ci/results --since 2026-01-31 --fail-on-regression",
    ])
    parser.add_argument("folders", metavar="DIR", nargs="*",
                        help="folders of results, or folders above them; default: bench_results in "
                             "the workspace")
    options.add_only(parser)
    parser.add_argument("--variants", type=options.words, default=[], metavar="NAME,...",
                        help="only these variants; default: all that were measured, without the "
                             "references")
    parser.add_argument("--since", type=_time, metavar="TIME",
                        help="only measurements that were started then or later")
    parser.add_argument("--least", type=options.percent, default=100 * levels.LEAST,
                        metavar="PERCENT",
                        help="smaller changes do not count; default: %(default)g")
    parser.add_argument("--fail-on-regression", action="store_true",
                        help="exit with status 1 if the last change of a variant of hakmem is for "
                             "the worse")
    parser.add_argument("--out", metavar="DIR",
                        help="folder for the results; default: bench_results/history/<time> in the "
                             "workspace")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a file failed, or what --fail-on-regression says; 2: wrong use, or nothing
    to read; 130: interrupted."""
    chosen = _parser().parse_args(argv)
    return ending.guarded("history", lambda: _show(chosen, options.typed("history", argv)))


def _show(chosen: argparse.Namespace, command: str) -> int:
    kept, skipped = _read(chosen)
    tracks = series.build(kept, Choice(chosen.bench, chosen.threads, chosen.variants))
    if chosen.fail_on_regression and not any(one.variant.kind == "profile" for one in tracks):
        raise UsageError("--fail-on-regression: nothing that is shown is of a variant of hakmem's; "
                         "choose others, or name other folders")
    console = screen.make_console()
    count = sum(len(track.judged) for track in tracks)
    with progress.telling(console, "looking for changes") as tell:
        found = judge.judge(kept, skipped, tracks, chosen.least / 100,
                            lambda done: tell(f"{done} of {count} series"))
    folder = Files(options.out_of(chosen, "history"), "history.csv", raw=False)

    def write() -> int:
        report = HistoryReport(found, command)
        report.write(folder)
        report.show(console)
        console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
        return 0

    return ending.keeping("history", folder.path, write) or \
        (_regressed(found) if chosen.fail_on_regression else 0)


def _read(chosen: argparse.Namespace) -> tuple[list[Measurement], list[str]]:
    """The measurements, and a line for each folder that cannot be read, which was said already.
    Raises UsageError if there is nothing to show."""
    roots = [paths.of_caller(text) for text in chosen.folders] or [paths.workspace() / RESULTS]
    gathered = measurements.gather(roots)
    for line in gathered.skipped:
        print(f"history: skipped: {line}", file=sys.stderr)
    found = gathered.measurements
    if not found:
        raise UsageError(f"{', '.join(map(str, roots))}: no folder of results that can be read; "
                         "measure with bazel run //bench:matrix, or name other folders")
    kept = [one for one in found if chosen.since is None or one.started >= chosen.since]
    if not kept:
        raise UsageError(f"--since: no measurement was started at {chosen.since} or later; the "
                         f"newest was at {found[-1].started}")
    return kept, gathered.skipped


def _regressed(found: judge.History) -> int:
    """The exit status of --fail-on-regression, with a line that says why.  What has just begun did
    not get worse."""
    if found.untold:
        print(f"history: --fail-on-regression: cannot tell yet: {found.untold}", file=sys.stderr)
    worse = found.regressions
    if not worse:
        return 0
    first = worse[0]
    more = f"; and {len(worse) - 1} more, see report.html" if len(worse) > 1 else ""
    print(f"history: --fail-on-regression: {first.track.row.title}: {first.track.variant.name}: "
          f"{first.series.measure.name}: {first.words} since {first.after.name}{more}",
          file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
