"""The options that the commands of bench/ share, and what their values may be."""

import argparse
import dataclasses
import datetime
import errno
import math
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.lab.base import ending, paths
from bench.lab.base.errors import UsageError
from bench.lab.select import manifest, preload
from bench.lab.select.manifest import Manifest
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.question import SAME, Question
from bench.lab.select.row import shell
from gen.command import plain

MOST = 100_000  # of what is counted: more would not end in a year
LONGEST = 86_400  # seconds
WITHIN = 60.0  # seconds for a row
_UNITS = {"s": 1, "m": 60, "h": 3600}  # of a duration, in seconds
LONG = "the long runs, as in bazel run //bench:matrix -- --full"  # help of --full


def words(text: str) -> list[str]:
    """The names in a,b,c."""
    found = [word for word in text.split(",") if word]
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of names, such as a,b,c")
    return found


def _value(text: str, kind: Callable[[str], float], low: float, high: float,
           what: str) -> float:
    """The value.  Raises argparse's error, which says what is valid, if it is out of range."""
    try:
        value = kind(text)
        if low <= value <= high:
            return value
    except ValueError:
        pass
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    raise argparse.ArgumentTypeError(f"{shown!r} is not {what}")


def count(text: str) -> int:
    """A whole number from 1 to MOST."""
    return _value(text, int, 1, MOST, f"a whole number from 1 to {MOST}")


def above_zero(text: str) -> int:
    """A whole number from 1 up; something else knows its upper limit."""
    return _value(text, int, 1, math.inf, "a whole number from 1 up")


def counts(text: str) -> list[int]:
    """The numbers in 1,2,4."""
    what = f"a list of whole numbers from 1 to {MOST}, such as 1,2,4"
    return [_value(word, int, 1, MOST, what) for word in text.split(",")]


def whole(text: str) -> int:
    """Any whole number."""
    return _value(text, int, -math.inf, math.inf, "a whole number")


def seconds(text: str) -> float:
    """A time to wait."""
    return _value(text, float, 0.001, LONGEST,
                  f"a number of seconds from 0.001 to {LONGEST}")


def duration(text: str) -> float:
    """A time to wait, in seconds, as 90, 90s, 15m or 2h."""
    word, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    return _value(text, lambda _: float(word) * unit, 0, LONGEST,
                  f"a time of at most {LONGEST // 3600} hours, such as 90s, 15m or 2h")


def percent(text: str) -> float:
    """A share of work."""
    return _value(text, float, 0.001, 100, "a percentage from 0.001 to 100")


def percents(text: str) -> list[float]:
    """The percentages in 1,3."""
    return [percent(word) for word in text.split(",")]


class _Parser(argparse.ArgumentParser):
    """Prints its help as well as standard output can show it."""

    def _print_message(self, message: str, file: Any = None) -> None:
        plain()
        try:
            super()._print_message(message, file)
            (file or sys.stderr).flush()
        except OSError as error:
            ending.give_up_output()
            sys.exit(ending.READER_GONE if error.errno == errno.EPIPE else 1)


def parser(command: str, description: str, examples: list[str]) -> argparse.ArgumentParser:
    """The parser of //bench:<command>; each example is what follows the command's name."""
    lines = "".join(f"  bazel run //bench:{command}{' -- ' + text if text else ''}\n"
                    for text in examples)
    return _Parser(
        prog=f"bazel run //bench:{command} --", description=description,
        epilog=f"examples:\n{lines}", formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_rows(to: argparse.ArgumentParser, full: str) -> None:
    """Which rows: --full, --bench, --threads."""
    to.add_argument("--full", action="store_true", help=full)
    add_only(to)


def add_only(to: argparse.ArgumentParser) -> None:
    """Which of the rows: --bench, --threads."""
    to.add_argument("--bench", type=words, default=[], metavar="NAME,...",
                    help=f"only these programs, with or without bench_: {', '.join(PROGRAMS)}")
    to.add_argument("--threads", type=counts, default=[], metavar="N,...",
                    help="only rows that run on so many threads")


def add_programs(to: argparse.ArgumentParser, what: str) -> None:
    """Commands in place of the benchmark programs: --program; `what` is done with them."""
    to.add_argument("--program", action="append", default=[], metavar="'PROGRAM ARGS'",
                    help=f"{what} this command instead of the benchmark programs; the library of "
                         "each variant is preloaded into it; may be given several times")


def add_preload(to: argparse.ArgumentParser) -> None:
    """Allocators from elsewhere: --preload."""
    to.add_argument("--preload", action="append", default=[], metavar="NAME=PATH",
                    help="one more variant: an allocator as a shared library, which is preloaded; "
                         "may be given several times")


def add_runs(to: argparse.ArgumentParser, reps: str, kind: str, built: bool = True) -> None:
    """Adds the options of runs: --reps, --seed, --out, --timeout; and, unless the
    command itself builds what it measures, the list of what was built."""
    to.add_argument("--reps", type=count, metavar="N", help=reps)
    to.add_argument("--seed", type=whole, metavar="N",
                    help="starts the random numbers that order the runs; the same number gives the "
                         "same order; default: a new one")
    add_out(to, kind)
    to.add_argument("--timeout", type=seconds, default=120, metavar="SECONDS",
                    help="how long one run may take; default %(default)s")
    if built:
        add_manifest(to)


def add_out(to: argparse.ArgumentParser, kind: str) -> None:
    """Where the results go: --out."""
    to.add_argument("--out", metavar="DIR",
                    help=f"folder for the results; default: bench_results/{kind}/<time> in the "
                         "workspace")


def add_margins(to: argparse.ArgumentParser) -> None:
    """What is asked of each row: --better-by, --same-within."""
    to.add_argument("--better-by", type=percent, metavar="PERCENT",
                    help="better and worse mean: surely by more than this; default 0")
    to.add_argument("--same-within", type=percent, metavar="PERCENT",
                    help="the same means: surely no more apart than this; default: as --better-by, "
                         f"or {100 * SAME:g}")


def margins_of(chosen: argparse.Namespace) -> Question:
    """What is asked by these two."""
    better_by = (chosen.better_by or 0) / 100
    same_within = chosen.same_within and chosen.same_within / 100
    return Question(better_by, same_within or better_by or SAME,
                    same_first=same_within is not None)


def add_question(to: argparse.ArgumentParser) -> None:
    """The same, and for how long: --precision, --within, --duet, --no-verdict."""
    add_margins(to)
    to.add_argument("--precision", type=percent, metavar="PERCENT",
                    help="measure until each interval reaches no further than this to either side")
    to.add_argument("--within", type=seconds, metavar="SECONDS",
                    help="with one of these and no --reps: a row ends as soon as its answer is "
                         f"known, at the latest after so long; default {WITHIN:g}")
    to.add_argument("--duet", action="store_true",
                    help="run both variants of a row with one thread at once, each on a processor")
    to.add_argument("--no-verdict", action="store_true",
                    help="measure although --reps is too small for a verdict")


def question_of(chosen: argparse.Namespace) -> Question:
    """What is asked.  Raises UsageError for options that contradict each other."""
    if chosen.precision and chosen.reps:
        raise UsageError("--precision: measures as often as it takes; leave out --reps, or say "
                         "--same-within or --better-by")
    if chosen.within and chosen.reps:
        raise UsageError("--within: is the time to an answer; leave out --reps")
    return dataclasses.replace(margins_of(chosen),
                               precision=chosen.precision and chosen.precision / 100)


def duet_of(chosen: argparse.Namespace) -> bool:
    """Whether both variants run at once.  Raises UsageError where there is one processor only."""
    processors = len(os.sched_getaffinity(0))
    if chosen.duet and processors < 2:
        raise UsageError("--duet: takes two processors, and there is one; leave it out")
    return chosen.duet


def seconds_of(chosen: argparse.Namespace) -> float | None:
    """The time that each row may take to an answer; None: it is measured a number of times."""
    asked = (chosen.better_by, chosen.same_within, chosen.precision, chosen.within)
    if chosen.reps or all(one is None for one in asked):
        return None
    return chosen.within or WITHIN


def add_manifest(to: argparse.ArgumentParser) -> None:
    """Adds --manifest, the list of built variants, for tests."""
    to.add_argument("--manifest", type=Path, default=paths.MANIFEST, help=argparse.SUPPRESS)


def manifest_of(chosen: argparse.Namespace) -> Manifest:
    """The built variants, and those that --preload adds."""
    return preload.added_to(manifest.load(chosen.manifest), chosen.preload, chosen.timeout)


def seed_of(chosen: argparse.Namespace) -> int:
    """--seed, or a new one."""
    return random.SystemRandom().randrange(1 << 31) if chosen.seed is None else chosen.seed


def out_of(chosen: argparse.Namespace, kind: str) -> Path:
    """--out, relative to where the user called from, or bench_results/<kind>/<time> in the
    workspace.

    Raises UsageError for a name without a character.
    """
    if chosen.out is None:
        stamp = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        return paths.workspace() / "bench_results" / kind / stamp
    if not chosen.out:
        raise UsageError("--out: is empty; name a folder")
    return paths.of_caller(chosen.out)


def typed(command: str, argv: list[str] | None) -> str:
    """The whole command line, as it can be typed into a shell."""
    given = sys.argv[1:] if argv is None else argv
    start = f"bazel run //bench:{command}"
    return f"{start} -- {shell(given)}" if given else start
