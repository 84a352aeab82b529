"""Finds, runs and ends tools that run a program and look at it."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from bench.lab.base import processes
from bench.lab.base.errors import ToolError

_GRACE = 20.0  # seconds that a tool has to write what it knows when it is interrupted


def require(tool: str, package: str) -> None:
    """Raises ToolError if the tool is not installed."""
    if shutil.which(tool) is None:
        raise ToolError(f"{tool} is not installed: apt install {package}")


def version(tool: str) -> str:
    """The first line of what the tool prints for --version."""
    return capture([tool, "--version"], 20).splitlines()[0]


def capture(command: list[str], timeout: float) -> str:
    """The standard output of a tool.  Raises ToolError if it fails or takes more than `timeout`
    seconds."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout, check=False, env=_environment({}))
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{shlex.join(command)}: not done within {timeout:g} s") from error
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise ToolError(f"{shlex.join(command)}: exit status {done.returncode}: {why}")
    return done.stdout


def watch(command: list[str], timeout: float, log: Path, environment: dict[str, str],
          folder: Path | None = None) -> tuple[int | None, str, str]:
    """Runs a tool that runs a program, in `folder` if one is given, and writes what both print to
    `log`.

    Returns exit status (None: more than `timeout` seconds), standard output, standard error.  A
    tool that is interrupted, after the timeout or by Ctrl-C, writes what it knows.
    """
    try:
        status, out, err = processes.run(command, timeout, _environment(environment), folder,
                                         grace=_GRACE)
    except OSError as error:
        raise ToolError(f"{command[0]}: cannot be started: {error.strerror}") from error
    log.write_text(f"$ {shlex.join(command)}\n{out}{err}", encoding="utf-8")
    return status, out, err


def _environment(further: dict[str, str]) -> dict[str, str]:
    """The caller's environment, but the user's settings of perf do not count, and no tool looks for
    debugging symbols in the network."""
    return {**os.environ, "PERF_CONFIG": "/dev/null", "DEBUGINFOD_URLS": "", "LC_ALL": "C",
            **further}
