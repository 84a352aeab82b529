"""A command and the processes that it starts, which end together."""

import os
import signal
import subprocess
from pathlib import Path

_LAST_WORDS = 2.0  # seconds: a process that left the group may hold its output open


def run(command: list[str], timeout: float, environment: dict[str, str],
        folder: Path | None = None, grace: float = 0) -> tuple[int | None, str, str]:
    """Exit status (None: more than `timeout` seconds), standard output, standard error.

    The command runs in `folder`, with nothing but `environment` in its environment, and no input.
    It is a process group of its own, which after the timeout, and on Ctrl-C, is killed; if there is
    a `grace`, it is interrupted and has so many seconds to end by itself.  Raises OSError if it
    cannot be started.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, errors="replace", env=environment, cwd=folder, start_new_session=True)
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
            return process.returncode, out, err
        except subprocess.TimeoutExpired:
            return None, *_end(process, grace)
        except BaseException:
            _end(process, grace)
            raise


def _end(process: subprocess.Popen, grace: float) -> tuple[str, str]:
    """What it has printed."""
    for number, seconds in ((signal.SIGINT, grace), (signal.SIGKILL, _LAST_WORDS)):
        if seconds:
            _signal(process, number)
            try:
                return process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                pass
            finally:
                _signal(process, signal.SIGKILL)
    return "", ""


def _signal(process: subprocess.Popen, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:  # all of them have ended
        pass
