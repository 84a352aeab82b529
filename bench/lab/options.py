"""What the commands of bench/ have in common: options, their types, wrong use, interruption."""

import argparse
import math
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bench.lab import rows
from bench.lab.rows import UsageError
from bench.lab.tools import ToolError

MANIFEST = Path(__file__).absolute().parents[2] / "bench_manifest.json"


def words(text: str) -> list[str]:
    """a,b,c"""
    found = [word for word in text.split(",") if word]
    if not found:
        raise ValueError
    return found


def count(text: str) -> int:
    """A whole number from 1 up."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def counts(text: str) -> list[int]:
    """1,2,4"""
    return [count(word) for word in words(text)]


def seconds(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def percent(text: str) -> float:
    """A number above 0 and at most 100."""
    value = float(text)
    if not 0 < value <= 100:
        raise ValueError
    return value


# argparse names a type in its messages.
seconds.__name__ = "number of seconds above 0"
percent.__name__ = "percentage"
words.__name__ = "list of names"
count.__name__ = "whole number from 1 up"
counts.__name__ = "list of whole numbers from 1 up"


def parser(command: str, description: str, examples: list[str]) -> argparse.ArgumentParser:
    """The parser of //bench:<command>; each example is what follows the command's name."""
    lines = "".join(f"  bazel run //bench:{command}{' -- ' + text if text else ''}\n"
                    for text in examples)
    return argparse.ArgumentParser(
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
    to.add_argument("--seed", type=int, metavar="N",
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
    more, 130 for Ctrl-C, each with a line on standard error; else what it returns."""
    try:
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # by bench.lab
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _require_no_preload()
        status = work()
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 2
    except ToolError as error:
        print(f"{command}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{command}: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"{command}: {error.filename or 'standard output'}: {error.strerror}",
              file=sys.stderr)
        _give_up_output()
    return 1


def keeping(command: str, folder: Path, work: Callable[[], int]) -> int:
    """Runs `work`, which fills the folder: 130 for Ctrl-C, 1 where something cannot be written;
    says that what is finished is there."""
    try:
        return work()
    except KeyboardInterrupt:
        print(f"{command}: interrupted: what is there is in {folder}", file=sys.stderr)
        return 130
    except OSError as error:  # such as a full disk
        print(f"{command}: {error.filename or folder}: {error.strerror}; what is there is in "
              f"{folder}", file=sys.stderr)
        _give_up_output()
        return 1


def _give_up_output() -> None:
    """What standard output does not take is not tried again when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
