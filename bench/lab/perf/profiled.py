"""The program that is profiled: one row with one variant."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.select import manifest, rows
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Profiled:
    """The program that a tool runs."""

    row: Row
    variant: Variant

    @property
    def binary(self) -> Path:
        """The executable itself, so that a tool's results name no link to it."""
        return self.variant.binaries[self.row.program].resolve()

    @property
    def command(self) -> list[str]:
        """The program and its arguments."""
        return [str(self.binary), *self.row.args]

    @property
    def environment(self) -> dict[str, str]:
        """Further variables for the program's environment."""
        return self.variant.environment(self.row)

    @property
    def shown(self) -> str:
        """The program and the variant, for people."""
        return f"{self.row.title}, {self.variant.name}"


def find(built: Manifest, bench: str, variant: str, args: str | None, short: bool) -> Profiled:
    """The program's first row, long or short, with other arguments if there are any.

    Raises UsageError for a name that is no program or variant, for arguments with an open quote,
    and where the program cannot run with the variant.
    """
    row = rows.select(not short, [bench], [], "BENCH")[0]
    if args is not None:
        try:
            row = Row(row.program, tuple(shlex.split(args)), 1, "--args")
        except ValueError as error:
            raise UsageError(f"--args: {args}: {error}") from error
    one = manifest.select(built, [variant], "VARIANT")[0]
    why_not = one.why_not(row)
    if why_not:
        raise UsageError(f"{row.program} cannot run with {one.name}: {why_not}")
    return Profiled(row, one)
