"""bazel run //bench:noise: tells how small a difference this machine can show, and how often the
laboratory finds one where there is none.

Pairs of variants whose difference is known are measured again and again, as bench:ab would: the same
machine code in other layouts, or under another name; with some work added; with more memory.
"""

import argparse
import sys
import time

from bench.lab.base import ending
from bench.lab.base.errors import UsageError
from bench.lab.measure import asked
from bench.lab.noise import known, noise_report, trials
from bench.lab.noise.known import Known
from bench.lab.noise.noise_report import NoiseFolder
from bench.lab.noise.trials import Trial
from bench.lab.run import schedule
from bench.lab.run.folder import Folder
from bench.lab.run.session import Measured, Session
from bench.lab.select import manifest, options, rows
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.studies import NOISE
from bench.lab.show import terminal
from gen.screen import make_console

REPS = 15
TRIALS = 10


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("noise", __doc__.split(": ", 1)[1].replace("\n", " "), [
        "", "--pairs names --bench tiny_hot,random_mixed,mid_large_mt",
        "--pairs added --added 1 --within 60 --bench tiny_hot,random_mixed",
        "--pairs names --same-within 1 --within 60 --bench tiny_hot,random_mixed",
    ])
    parser.add_argument("--variant", default="hakmem", metavar="NAME",
                        help="the variant that is compared with itself; default: %(default)s")
    parser.add_argument("--pairs", type=options.words, metavar="KIND,...",
                        help=f"kinds of pairs: {', '.join(known.KINDS)}; default: all that the "
                             "variant has")
    parser.add_argument("--added", type=options.percents, default=[1.0, 3.0], metavar="PERCENT,...",
                        help="how much more work the slowed runs do; default: 1,3")
    parser.add_argument("--trials", type=options.count, default=TRIALS, metavar="N",
                        help="how many measurements of each pair to make; default: %(default)s")
    options.add_only(parser)
    options.add_preload(parser)
    options.add_question(parser)
    options.add_runs(parser, f"how many rounds make one measurement; default {REPS}", "noise")
    return parser


def _kinds(chosen: argparse.Namespace, has_name: bool) -> list[str]:
    """Raises UsageError for a kind that there is not."""
    for kind in chosen.pairs or []:
        if kind not in known.KINDS:
            raise UsageError(f"--pairs: there is no {kind}; there are {', '.join(known.KINDS)}")
    return chosen.pairs or [kind for kind in known.KINDS if has_name or kind != "names"]


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        built = options.manifest_of(chosen)
        one = manifest.select(built, [chosen.variant])[0]
        pairs = known.pairs(built, one, _kinds(chosen, known.other_name(built, one) is not None), chosen.added)
        its_rows = rows.narrow(NOISE, chosen.bench, chosen.threads)
        asked.of_options(chosen, REPS, len(its_rows), 1)  # refuses before anything is made
        return _measure_all(chosen, argv, built, pairs, its_rows)

    return ending.guarded("noise", work)


def _measure_all(chosen: argparse.Namespace, argv: list[str] | None, built: Manifest,
                 pairs: list[Known], its_rows: list[Row]) -> int:
    console = make_console()
    folder = NoiseFolder(options.out_of(chosen, "noise"))
    done: list[Trial] = []
    command = options.typed("noise", argv)

    def work() -> int:
        interrupted = failed = False
        for number in range(1, chosen.trials + 1):
            for pair in pairs:
                made, found = _measure(chosen, command, built, pair, number, its_rows, folder)
                interrupted, failed = made.about["interrupted"], bool(made.runs.failures)
                if interrupted or failed:
                    break
                for one in found:
                    folder.add(one)
                done.extend(found)
                console.print(f"{number} of {chosen.trials}, {pair.name}: " + "; ".join(
                    f"{one.row.title}: {one.verdict}" for one in found))
            if interrupted or failed:
                break
        noise_report.write(folder, command, done, interrupted)
        terminal.put_apart(console, noise_report.table(done))
        for line in noise_report.sentences(done):
            console.print(line, style="bold")
        console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
        if made.failure:
            raise made.failure
        if failed:
            print(f"noise: failed: {made.runs.failures[0]}", file=sys.stderr)
        if interrupted:
            print(f"noise: interrupted: the finished trials are in {folder.path}", file=sys.stderr)
        return 130 if interrupted else int(failed)

    return ending.keeping("noise", folder.path, work)


def _measure(chosen: argparse.Namespace, command: str, built: Manifest, pair: Known, number: int,
             its_rows: list[Row], folder: NoiseFolder) -> tuple[Measured, list[Trial]]:
    """One measurement; the first of a pair checks both variants before."""
    what = asked.of_options(chosen, REPS, len(its_rows), 1)
    seed = options.seed_of(chosen) + number
    session = Session(
        command=command, manifest=built, rows=its_rows, variants=[pair.a, pair.b],
        until=what.until, seed=seed, timeout=chosen.timeout,
        folder=Folder(folder.of(pair, number)), question=what.question.text, checked=number > 1,
        order=schedule.duet if options.duet_of(chosen) else schedule.pair)
    started = time.monotonic()
    made = session.measure(make_console(quiet=True))
    session.folder.write_json("run.json", made.about)
    return made, list(trials.of_measurement(pair, number, what.judge(made.runs), started))


if __name__ == "__main__":
    sys.exit(main())
