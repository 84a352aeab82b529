"""A command and the processes that it starts, which end together."""

import os
import signal
import subprocess
import tempfile
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
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env=environment, cwd=folder, start_new_session=True)
        status = None
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(process, grace)
        return status, _text(out), _text(err)


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
