"""What malloc(32) and free execute on the fast path, counted.

trace.c steps through the two calls in a shared library; the disassembly says what each executed
instruction is.  The counts of every shipped profile are in tests/golden/fast_path.txt:

    bazel run //tests/contract:update

writes them anew; a change of that file is a change of the fast path, to be reviewed as one.
"""

import os
import re
import subprocess
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from gen.profiles import load_profile
from tests.libraries import libraries

GOLDEN = Path("tests/golden/fast_path.txt")
SIZE = 32  # bytes asked for
MOST_INSTRUCTIONS = 40  # of malloc and free together

_LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S.*)$")
_MEMORY = re.compile(r"(%[a-z]s:)?-?(0x[0-9a-f]+)?\([^)]*\)|%fs:0x")
_NO_READ = ("mov", "lea", "set")  # with a memory destination only written, or no access at all


class ContractError(Exception):
    """A trace that cannot be counted; the message says why."""


@dataclass
class Counts:
    """Instructions executed by one call, and what they do."""

    instructions: int = 0
    loads: int = 0
    stores: int = 0
    branches: int = 0  # conditional
    calls: int = 0
    locked: int = 0


def disassembly(library: Path) -> dict[int, str]:
    """Offset -> instruction, in AT&T syntax."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(library)],
        check=True, capture_output=True, text=True,
    ).stdout
    matches = map(_LINE.match, text.splitlines())
    return {int(match[1], 16): match[2].split("#")[0].strip() for match in matches if match}


def _operands(instruction: str) -> list[str]:
    """Split at the commas outside of parentheses."""
    words = instruction.split(None, 1)
    return re.split(r",(?![^(]*\))", words[1].split("<")[0].strip()) if len(words) > 1 else []


def count(instruction: str, counts: Counts) -> None:
    """Adds one executed instruction."""
    counts.instructions += 1
    if instruction.startswith("lock "):
        counts.locked += 1
        instruction = instruction.removeprefix("lock ")
    name = instruction.split()[0]
    operands = _operands(instruction)
    if name.startswith("call"):
        counts.calls += 1
    if name.startswith("j") and name != "jmp":
        counts.branches += 1
    if name.startswith("xchg") and any(map(_MEMORY.search, operands)):
        counts.locked += 1  # always locked on memory
    if name.startswith("lea") or name.startswith("nop") or not operands:
        return
    *sources, destination = operands
    compares = name.startswith("test") or name in ("cmp", "cmpb", "cmpw", "cmpl", "cmpq")
    for operand in sources:
        counts.loads += bool(_MEMORY.search(operand))
    if _MEMORY.search(destination):
        counts.loads += compares or not name.startswith(_NO_READ)
        counts.stores += not compares


def measure(tracer: Path, library: Path, size: int = SIZE) -> dict[str, Counts]:
    """"malloc" of `size` bytes and "free" -> their counts.  Raises ContractError if they leave the
    library."""
    trace = subprocess.run(
        [str(tracer), str(library.absolute()), str(size)], capture_output=True, text=True, check=False
    )
    if trace.returncode:
        raise ContractError(f"{library.name}: {trace.stderr.strip()}")
    code = disassembly(library)
    result = {"malloc": Counts(), "free": Counts()}
    for line in trace.stdout.splitlines():
        call, offset = line.split()
        if offset == "outside":
            raise ContractError(f"{library.name}: {call} left the library")
        count(code[int(offset, 16)], result[call])
    return result


def fast_libraries() -> dict[str, Path]:
    """Profile -> its library, without those with guard.checks: these have no fast path."""

    def is_fast(profile: str) -> bool:
        path = Path(f"profiles/{profile}.yaml")
        return not load_profile(path, path.parent).keys["guard"]["checks"]

    return {profile: path for profile, path in sorted(libraries().items()) if is_fast(profile)}


HEADER = ("profile", "call", *(field.name for field in fields(Counts)))


def render(table: dict[str, dict[str, Counts]]) -> str:
    """The golden file: a line for each profile and call."""
    rows = [HEADER] + [
        (profile, call, *map(str, astuple(counts)))
        for profile, calls in sorted(table.items()) for call, counts in calls.items()
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    lines = ["  ".join(f"{word:{width}}" for word, width in zip(row, widths)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def parse(text: str) -> dict[str, dict[str, Counts]]:
    """The inverse of render."""
    table: dict[str, dict[str, Counts]] = {}
    for line in text.splitlines()[1:]:
        profile, call, *numbers = line.split()
        table.setdefault(profile, {})[call] = Counts(*map(int, numbers))
    return table


def difference(profile: str, call: str, want: Counts, have: Counts) -> str | None:
    """What changed, for a person; None if nothing did."""
    changed = [
        f"{field.name} {getattr(want, field.name)} -> {getattr(have, field.name)}"
        for field in fields(Counts)
        if getattr(want, field.name) != getattr(have, field.name)
    ]
    return f"{profile}: {call}: {', '.join(changed)}" if changed else None


def main() -> int:
    """Writes the golden file of the workspace."""
    root = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "."))
    table = {profile: measure(Path("tests/contract/trace"), library)
             for profile, library in fast_libraries().items()}
    path = root / GOLDEN
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(table), encoding="utf-8")
    print(f"{GOLDEN}: {len(table)} profiles")
    return 0


if __name__ == "__main__":
    sys.exit(main())
