"""One run of one benchmark program."""

import math
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

from bench.lab.base import processes
from bench.lab.base.errors import ToolError
from bench.lab.run.runs import LATENCIES, Run

_RESULT = re.compile(r"^RESULT .*$", re.MULTILINE)
_LIVE_PEAK = re.compile(r"^live_peak=(\d+)$", re.MULTILINE)
_NUMBERS = ("ops", "seconds", "ops_per_s", "peak_rss_kib", "rss_kib", "minor_faults", "user_s",
            "sys_s")
BY_SIGNAL = 128  # plus the number of a signal: as shells, bench/harness/command.c ends so


def run(command: list[str], timeout: float, log: Path,
        environment: dict[str, str] | None = None, folder: Path | None = None,
        read: Callable[[int, str, str], Run] = lambda status, out, _: read(status, out)) -> Run:
    """Runs the command for at most `timeout` seconds, with further variables in its environment,
    in `folder` if one is given, and writes what it printed to `log`.  `read` says what came of it,
    from exit status, standard output and standard error; by default as a benchmark program's."""
    try:
        status, out, err = processes.run(command, timeout, {**os.environ, **(environment or {})},
                                         folder)
        result = Run(f"no result within {timeout:g} s") if status is None \
            else read(status, out, err)
    except OSError as error:
        result, out, err = Run(f"cannot be started: {error.strerror}"), "", ""
    log.write_text(f"$ {shlex.join(command)}\n{out}{err}status: {result.status}\n",
                   encoding="utf-8", errors="backslashreplace")
    return result


def read(returncode: int, stdout: str) -> Run:
    """The run whose program ended with this exit status and printed this."""
    if returncode < 0 or returncode > BY_SIGNAL:
        return Run(f"ended by signal {-returncode if returncode < 0 else returncode - BY_SIGNAL}")
    if returncode > 0:
        return Run(f"exit status {returncode}")
    line = _RESULT.search(stdout)
    if not line:
        return Run("printed no result")
    try:
        words = shlex.split(line.group())[1:]
        fields = dict(word.split("=", 1) for word in words if "=" in word)
        numbers = {name: float(fields[name]) for name in _NUMBERS}
        numbers |= {name: float(fields[name]) for name in LATENCIES if name in fields}
        if not all(map(math.isfinite, numbers.values())) or numbers["ops_per_s"] <= 0:
            raise ValueError
    except (KeyError, ValueError):
        return Run("printed a result that cannot be read")
    peak = _LIVE_PEAK.search(stdout)
    return Run("ok", **numbers, live_peak=float(peak[1]) if peak else 0)


def require(returncode: int | None, stdout: str, timeout: float, tool: str) -> Run:
    """The run of a program that a tool ran; `returncode` is None if it took more than `timeout`
    seconds.  Raises ToolError, which names the tool, for a run without numbers."""
    run = Run(f"no result within {timeout:g} s") if returncode is None \
        else read(returncode, stdout)
    if not run.ok:
        raise ToolError(f"{tool}: {run.status}")
    return run
