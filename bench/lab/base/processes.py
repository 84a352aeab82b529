"""A command and the processes that it starts, which end together."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_KEPT = 1 << 20  # bytes of output: the last ones


def run(command: list[str], timeout: float, environment: dict[str, str],
        folder: Path | None = None, grace: float = 0) -> tuple[int | None, str, str]:
    """Exit status (None: more than `timeout` seconds), standard output, standard error.

    The command runs in `folder`, with nothing but `environment` in its environment, and no input.
    It is a process group of its own, of which nothing is left when it has ended; after the timeout,
    and on Ctrl-C, it is killed, or if there is a `grace`, interrupted and given so many seconds to
    end by itself.  Of much output only the end is kept.  Raises OSError if it cannot be started.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _started_whole() as interrupted:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       env=environment, cwd=folder, start_new_session=True)
        status = None
        try:
            if interrupted:
                raise KeyboardInterrupt
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(process, grace)
        return status, _text(out), _text(err)


@contextlib.contextmanager
def _started_whole() -> Iterator[list[int]]:
    """Keeps a Ctrl-C that comes while a process is being started: the list then holds the signal.

    An exception at that moment would lose the process, which runs already.  Only the main thread
    gets Ctrl-C, and a program that ignores it gets none.
    """
    kept: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before == signal.SIG_IGN:
        yield kept
        return
    signal.signal(signal.SIGINT, lambda number, _frame: kept.append(number))
    try:
        yield kept
    finally:
        signal.signal(signal.SIGINT, before)


def _end(process: subprocess.Popen, grace: float) -> None:
    if grace and process.returncode is None:
        _signal(process, signal.SIGINT)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:  # all of them have ended
        pass


def _text(file: BinaryIO) -> str:
    size = file.seek(0, os.SEEK_END)
    cut = max(size - _KEPT, 0)
    file.seek(cut)
    text = file.read().decode(errors="replace")
    return f"[{cut} bytes before]\n{text}" if cut else text
