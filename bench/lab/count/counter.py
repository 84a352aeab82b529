"""All counts of one variant in one row: every tool, at two amounts of work, in each repetition.

The smaller amount is half of the larger.  Both follow from the row alone, so that a count is the
same wherever it is made, and are small enough for a tool that slows a program down 100 times.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.lab.base import valgrind
from bench.lab.base.errors import ToolError
from bench.lab.count import counted, instructions, syscalls
from bench.lab.count.counted import NOTHING, Counted, Tally
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

REPEATS = 2
MOST_OPS = 500_000  # operations of the larger amount, about; a row that does less is counted whole


@dataclass(frozen=True)
class Amounts:
    """A row at two amounts of work; `less` is None for a row that is counted as a whole."""

    less: Row | None
    more: Row


def refusal(row: Row) -> str | None:
    """Why the row cannot be counted; None if it can."""
    if row.timed or PROGRAMS[row.program].amount is not None:
        return None
    return "it runs or waits for a time, not for an amount of work that two runs have in common"


def amounts_of(row: Row, ops: float) -> Amounts:
    """The two amounts of a row that does `ops` operations.  It is not one that is refused."""
    if row.timed:
        return Amounts(None, row)
    place = PROGRAMS[row.program].amount
    more = max(2, round(int(row.args[place]) * min(1.0, MOST_OPS / ops)) // 2 * 2)
    return Amounts(_with(row, place, more // 2), _with(row, place, more))


def _with(row: Row, place: int, amount: int) -> Row:
    args = (*row.args[:place], str(amount), *row.args[place + 1:])
    return dataclasses.replace(row, args=args)


@dataclass(frozen=True)
class Tool:
    """A tool that counts, and what is lacking without it."""

    name: str
    require: Callable[[], None]  # raises ToolError if it is missing
    count: Callable[[Variant, Row, float, Path], Tally]
    counts: str


TOOLS = (
    Tool("callgrind", valgrind.require, instructions.count, "instructions, memory and locks"),
    Tool("strace", syscalls.require, syscalls.count, "system calls and waits"),
)


@dataclass
class Counts:
    """The counts of one variant in one row, by kind; a kind that could not be counted is absent."""

    kinds: dict[str, Counted] = field(default_factory=dict)
    tallies: dict[str, list[tuple[Tally, Tally]]] = field(default_factory=dict)  # by tool
    failures: list[str] = field(default_factory=list)  # runs that failed


def runs_of(amounts: Amounts) -> int:
    """Runs of a program under one tool."""
    return REPEATS * (1 if amounts.less is None else 2)


def count(variant: Variant, amounts: Amounts, tools: list[Tool], timeout: float, raw: Path,
          begin: Callable[[str], None], done: Callable[[], None]) -> Counts:
    """Runs the program; the folder `raw` keeps what a run that failed has printed.  `begin` and
    `done` are told of each run; after one that failed, the tool has no further ones."""
    found = Counts()
    for tool in tools:
        try:
            found.tallies[tool.name] = [
                _pair(variant, amounts, tool, timeout, raw, begin, done) for _ in range(REPEATS)]
        except ToolError as error:
            found.failures.append(f"{variant.name}: {amounts.more.title}: {error}")
    for pairs in found.tallies.values():
        for kind in _kinds(pairs):
            one = counted.per_operation(kind, pairs)
            if one:
                found.kinds[kind] = one
    return found


def _kinds(pairs: list[tuple[Tally, Tally]]) -> list[str]:
    names = {name for pair in pairs for tally in pair for name in tally}
    return sorted(names - {"ops"})


def _pair(variant: Variant, amounts: Amounts, tool: Tool, timeout: float, raw: Path,
          begin: Callable[[str], None], done: Callable[[], None]) -> tuple[Tally, Tally]:
    tallies = []
    for row in (amounts.less, amounts.more):
        if row is None:
            tallies.append(NOTHING)
            continue
        log = raw / f"{row.key}-{variant.name}-{tool.name}.out"
        begin(f"{row.program} {variant.name} {tool.name}")
        try:
            tallies.append(tool.count(variant, row, timeout, log))
        except ToolError as error:
            raise ToolError(f"{error}: {log.relative_to(raw.parent)}") from error
        log.unlink(missing_ok=True)
        done()
    return tallies[0], tallies[1]
