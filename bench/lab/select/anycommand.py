"""Any command as a row: each variant's library is preloaded into it, and its time is measured.

bench/harness/command.c starts it and measures; an operation is a whole run.
"""

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base import paths
from bench.lab.base.errors import UsageError
from bench.lab.select.row import Row, shell

PROGRAM = "command"  # in the results


@dataclass(frozen=True)
class AnyCommand(Row):
    """The arguments are the command.  It runs where its user is."""

    timed = True
    preload = "BENCH_PRELOAD"  # for the command alone, not for what starts it

    @property
    def title(self) -> str:
        return shell(self.args)

    @property
    def folder(self) -> Path:
        return paths.of_caller("")

    def executable(self, binaries: Mapping[str, Path]) -> Path:
        return paths.LAUNCHER


def parse(text: str) -> AnyCommand:
    """The row of a command that --program names.  Raises UsageError for what cannot be started."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--program: {text}: {error}") from error
    if not words:
        raise UsageError("--program: no command")
    program = str(paths.of_caller(words[0])) if "/" in words[0] else words[0]
    if not shutil.which(program):
        raise UsageError(f"--program: there is no program {words[0]}")
    return AnyCommand(PROGRAM, tuple(words), 1, f"the whole of {text}")
