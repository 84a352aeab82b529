"""How a command ends: its exit status, and the line on standard error that says why."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.lab.base.errors import ToolError, UsageError
from gen.command import plain

READER_GONE = 128 + signal.SIGPIPE  # exit status, as of a program that the signal ends


def _require_no_preload() -> None:
    """Raises UsageError where every program would run with the same allocator."""
    library = os.environ.get("LD_PRELOAD")
    if library:
        raise UsageError(f"LD_PRELOAD is set, to {library}, and would take the place of every "
                         "variant: unset it; --preload NAME=FILE adds an allocator")


def guarded(command: str, work: Callable[[], int]) -> int:
    """Runs `work` and returns its status: that of a command.

    UsageError: 2.  ToolError, or standard output that takes no more: 1.  Ctrl-C: 130.  Each of
    these comes with a line on standard error.  A reader of standard output that is gone:
    READER_GONE, without a line.
    """
    plain()
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
        give_up_output()
    return 1


def keeping(command: str, folder: Path, work: Callable[[], int]) -> int:
    """Runs `work`, which fills the folder, and returns its status.

    Ctrl-C: 130.  A file that cannot be written: 1.  The line on standard error names the folder,
    which keeps all that is finished.  READER_GONE as in guarded.
    """
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
        give_up_output()
        return 1


def say_failed(command: str, failures: Sequence[str]) -> None:
    """Prints the first of the failures on standard error, and how many more summary.md has."""
    more = f"; and {len(failures) - 1} more, see summary.md" if len(failures) > 1 else ""
    _say(f"{command}: failed: {failures[0]}{more}")


def _say(words: str) -> None:
    """Prints the words on standard error, if anybody reads it."""
    try:
        print(words, file=sys.stderr, flush=True)
    except OSError:
        give_up_output()


def _reader_gone(error: OSError) -> bool:
    """Whether the error comes from a pipe that nobody reads any more, as in `... | head`."""
    if error.errno != errno.EPIPE:
        return False
    give_up_output()
    return True


def give_up_output() -> None:
    """Drops what standard output and standard error did not take.  Python would try to write it
    once more when the process ends."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
