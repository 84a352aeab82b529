"""What the commands of bench/ have in common: options, their types, wrong use, interruption."""

import argparse
import errno
import math
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.lab.base import screen
from bench.lab.base.tools import ToolError
from bench.lab.select import rows
from bench.lab.select.rows import UsageError

READER_GONE = 128 + signal.SIGPIPE  # exit status, as of a program that the signal ends
MOST = 100_000  # of what is counted: more would not end in a year
LONGEST = 86_400  # seconds
MANIFEST = Path(__file__).absolute().parents[3] / "bench_manifest.json"


def words(text: str) -> list[str]:
    """a,b,c"""
    found = [word for word in text.split(",") if word]
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of names, such as a,b,c")
    return found


def _value(text: str, kind: Callable[[str], float], low: float, high: float,
           what: str) -> float:
    """Raises argparse's error, which says what is valid, for another value."""
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
    """A whole number from 1 up, of which something else knows the most."""
    return _value(text, int, 1, math.inf, "a whole number from 1 up")


def counts(text: str) -> list[int]:
    """1,2,4"""
    what = f"a list of whole numbers from 1 to {MOST}, such as 1,2,4"
    return [_value(word, int, 1, MOST, what) for word in text.split(",")]


def whole(text: str) -> int:
    """Any whole number."""
    return _value(text, int, -math.inf, math.inf, "a whole number")


def seconds(text: str) -> float:
    """A time to wait."""
    return _value(text, float, 0.001, LONGEST,
                  f"a number of seconds from 0.001 to {LONGEST}")


def percent(text: str) -> float:
    """A share of work."""
    return _value(text, float, 0.001, 100, "a percentage from 0.001 to 100")


class _Parser(argparse.ArgumentParser):
    """Its help goes where it can."""

    def _print_message(self, message: str, file: Any = None) -> None:
        screen.plain()
        try:
            super()._print_message(message, file)
            (file or sys.stderr).flush()
        except OSError as error:
            _give_up_output()
            sys.exit(READER_GONE if error.errno == errno.EPIPE else 1)


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
                    help=f"programs, with or without bench_: {', '.join(rows.SANITY)}")
    to.add_argument("--threads", type=counts, default=[], metavar="N,...",
                    help="only rows with so many threads")


def add_preload(to: argparse.ArgumentParser) -> None:
    """Allocators from elsewhere: --preload."""
    to.add_argument("--preload", action="append", default=[], metavar="NAME=PATH",
                    help="one more variant: this library, preloaded; may be given several times")


def add_runs(to: argparse.ArgumentParser, reps: str, kind: str, manifest: bool = True) -> None:
    """How often, in which order, where to: --reps, --seed, --out, --timeout; and, unless the
    command builds what it measures, the list of that."""
    to.add_argument("--reps", type=count, metavar="N", help=reps)
    to.add_argument("--seed", type=whole, metavar="N",
                    help="of the order of the runs; default: a new one")
    to.add_argument("--out", metavar="DIR",
                    help=f"default: bench_results/{kind}/<time> in the workspace")
    to.add_argument("--timeout", type=seconds, default=120, metavar="SECONDS",
                    help="of one run; default %(default)s")
    if manifest:
        to.add_argument("--manifest", type=Path, default=MANIFEST, help=argparse.SUPPRESS)


def seed_of(options: argparse.Namespace) -> int:
    """--seed, or a new one."""
    return random.SystemRandom().randrange(1 << 31) if options.seed is None else options.seed


def typed(command: str, argv: list[str] | None) -> str:
    """The command, as it can be typed into a shell."""
    given = sys.argv[1:] if argv is None else argv
    start = f"bazel run //bench:{command}"
    return f"{start} -- {rows.shell(given)}" if given else start


def _require_no_preload() -> None:
    """Raises UsageError where every program would run with the same allocator."""
    library = os.environ.get("LD_PRELOAD")
    if library:
        raise UsageError(f"LD_PRELOAD is set, to {library}, and would take the place of every "
                         "variant: unset it; --preload NAME=FILE adds an allocator")


def guarded(command: str, work: Callable[[], int]) -> int:
    """Runs `work`: 2 for a UsageError, 1 for a ToolError and for standard output that takes no
    more, 130 for Ctrl-C, each with a line on standard error; READER_GONE without one; else what it
    returns."""
    screen.plain()
    try:
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # by bench.lab
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _require_no_preload()
        status = work()
        sys.stdout.flush()
        return status
    except UsageError as error:
        _say(f"{command}: {error}")
        return 2
    except ToolError as error:
        _say(f"{command}: {error}")
    except KeyboardInterrupt:
        _say(f"{command}: interrupted")
        return 130
    except OSError as error:
        if _reader_gone(error):
            return READER_GONE
        _say(f"{command}: {error.filename or 'standard output'}: {error.strerror}")
        _give_up_output()
    return 1


def keeping(command: str, folder: Path, work: Callable[[], int]) -> int:
    """Runs `work`, which fills the folder: 130 for Ctrl-C, 1 where something cannot be written;
    says that what is finished is there.  READER_GONE as in guarded."""
    try:
        return work()
    except KeyboardInterrupt:
        _say(f"{command}: interrupted: what is there is in {folder}")
        return 130
    except OSError as error:  # such as a full disk
        if _reader_gone(error):
            return READER_GONE
        _say(f"{command}: {error.filename or folder}: {error.strerror}; what is there is in "
             f"{folder}")
        _give_up_output()
        return 1


def _say(words: str) -> None:
    """On standard error, if anybody reads that."""
    try:
        print(words, file=sys.stderr, flush=True)
    except OSError:
        _give_up_output()


def _reader_gone(error: OSError) -> bool:
    """Whether it is that of a pipe that nobody reads any more, as in `... | head`: then nothing is
    left to be said."""
    if error.errno != errno.EPIPE:
        return False
    _give_up_output()
    return True


def _give_up_output() -> None:
    """What standard output and standard error do not take is not tried again when the process
    ends."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
