"""One measurement on several occasions, with pauses between them: each is a whole measurement, in a
folder of its own, and all are joined in the end."""

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench.lab.base import ending, progress
from bench.lab.base.errors import UsageError
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.pool import occasion, together
from bench.lab.pool.pool_report import JoinedFolder, PoolReport
from bench.lab.select import options
from bench.lab.show import pair_words
from gen.screen import make_console

APART = 15 * 60.0  # seconds: long enough for a machine's other work and temperature to change
INTERRUPTED = 130  # exit status


@dataclasses.dataclass(frozen=True)
class OccasionReport(PairsReport):
    """All files of a measurement, and on the terminal what it comes to."""

    def show(self, console: Console, about: dict) -> None:
        for line in pair_words.verdicts(self.found.outcomes):
            console.print(line)


# Makes one measurement with these options: exit status, and what it comes to.
Once = Callable[[argparse.Namespace], tuple[int, PairsReport | None]]


def add(to: argparse.ArgumentParser) -> None:
    """The options --occasions and --apart."""
    to.add_argument("--occasions", type=options.count, metavar="N",
                    help="make the whole measurement N times, with pauses, and join them as "
                         "bench:pool does")
    to.add_argument("--apart", type=options.duration, metavar="DURATION",
                    help="how long each pause is: 90s, 15m, 2h; default "
                         f"{APART / 60:g}m")


def asked(chosen: argparse.Namespace) -> bool:
    """Whether there are several occasions.  Raises UsageError for options that make no sense."""
    if chosen.apart is not None and chosen.occasions is None:
        raise UsageError("--apart: is the pause between occasions; say how many, with "
                         "--occasions N")
    if chosen.occasions is not None and chosen.occasions < occasion.FEWEST:
        raise UsageError(f"--occasions: takes at least {occasion.FEWEST}; leave it out for one")
    return chosen.occasions is not None


def measure(name: str, argv: list[str] | None, chosen: argparse.Namespace, once: Once,
            sleep: Callable[[float], None] = time.sleep) -> int:
    """Makes the measurements and joins them; exit status of the command `name`.

    0; 1: a run failed or a file cannot be written; 130: interrupted, in a run or in a pause.  What
    is finished is kept and joined.
    """
    folder = JoinedFolder(options.out_of(chosen, name))
    console = make_console()

    def work() -> int:
        status, made = _make_all(name, chosen, once, folder, console, sleep)
        return max(status, _join(name, argv, chosen, made, folder, console, status == INTERRUPTED))

    return ending.keeping(name, folder.path, work)


def _make_all(name: str, chosen: argparse.Namespace, once: Once, folder: JoinedFolder,
              console: Console, sleep: Callable[[float], None]) -> tuple[int, list[Path]]:
    """Exit status and the folders of the occasions."""
    apart = APART if chosen.apart is None else chosen.apart
    seed = options.seed_of(chosen)
    worst, made = 0, []
    try:
        for number in range(1, chosen.occasions + 1):
            title = f"occasion {number} of {chosen.occasions}"
            if made and apart:
                with progress.step(console, f"{title} begins in {_time(apart)}"):
                    sleep(apart)
            console.print(title, style="bold")
            made.append(folder.path / str(number))
            status, report = once(argparse.Namespace(**{
                **vars(chosen), "seed": seed + number - 1, "out": str(made[-1].absolute())}))
            worst = max(worst, status)
            if status == INTERRUPTED or report is None:
                break
            if all(one.lost for outcome in report.found.outcomes for one in outcome.primary):
                print(f"{name}: no row without failed runs: the other occasions are left out",
                      file=sys.stderr)
                break
    except KeyboardInterrupt:
        worst = INTERRUPTED
        print(f"{name}: interrupted: joining what is finished", file=sys.stderr)
    return worst, made


def _join(name: str, argv: list[str] | None, chosen: argparse.Namespace, made: list[Path],
          folder: JoinedFolder, console: Console, interrupted: bool) -> int:
    """Exit status: 1 if nothing can be joined."""
    usable = [path for path in made if occasion.has_results(path)]
    found = None
    if len(usable) >= occasion.FEWEST:
        found = together.judge(occasion.load(usable), options.question_of(chosen))
    if found is None:
        print(f"{name}: {len(usable)} of {chosen.occasions} occasions have results: nothing to "
              "join", file=sys.stderr)
        return 1
    report = PoolReport(found, options.typed(name, argv), interrupted)
    report.write(folder)
    report.show(console)
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    return 0



def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
