"""Any command as a load: each variant's library is preloaded into it.

bench/harness/command.c starts it and measures; an operation is a whole run.
"""

import dataclasses
import shlex
import shutil
from pathlib import Path

from bench.lab.run import results
from bench.lab.select.rows import LAUNCHER, Row, UsageError
from bench.lab.select.variants import Variant


def row(text: str) -> Row:
    """The command as a row.  Raises UsageError for what cannot be started."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--program: {text}: {error}") from error
    if not words:
        raise UsageError("--program: no command")
    program = str(results.caller_path(words[0])) if "/" in words[0] else words[0]
    if not shutil.which(program):
        raise UsageError(f"--program: there is no program {words[0]}")
    return Row(LAUNCHER, tuple(words), 1, f"the whole of {text}")


def folder_of(one: Row) -> Path | None:
    """Where the row runs: a command where its user is, a benchmark program anywhere."""
    return results.caller_path("") if one.program == LAUNCHER else None


def runner(variant: Variant) -> Variant:
    """The variant with its library to be preloaded.  Raises UsageError if it has none."""
    if variant.kind != "system" and variant.library is None:
        raise UsageError(f"--program: {variant.name} has no library that can be preloaded; it is "
                         "linked statically")
    return dataclasses.replace(variant, preload=variant.library)

