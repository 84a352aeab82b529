"""What each profile does about each misuse of malloc, measured: docs/misuse.md.

misuse.c commits one fault a run, with a profile's library preloaded.  The table in docs/misuse.md
is what came out; the test holds each cell against the profile, and

    bazel run //tests/misuse:update

writes the table anew.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.libraries import libraries, profile_of
from tests.shipped import shipped

DOC = Path("docs/misuse.md")
PROGRAM = Path("tests/misuse/misuse_program")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

FAULTS = {
    "double-free": "a block freed twice, one right after the other",
    "double-free-later": "a block freed twice, with 100 frees between",
    "double-free-large": "a block of 3 MiB freed twice",
    "double-free-huge": "a block of 100 MiB freed twice, when its memory has gone back to the system",
    "free-interior": "free of a pointer 16 bytes into a block",
    "free-interior-large": "free of a pointer 4096 bytes into a block of 3 MiB",
    "free-wild": "free of an address where nothing is",
    "free-unmapped": "free of an address 1 GiB behind a block, where nothing is mapped",
    "free-stack": "free of a local variable",
    "free-foreign": "free of memory from mmap",
    "overflow-1": "a zero byte written past the end of a 40-byte block",
    "overflow-24": "24 bytes written past the end of a 40-byte block",
    "overflow-next": "a zero byte written past the usable end of a block, then the next block freed",
    "overflow-large": "a zero byte written past the end of a block of 3 MiB",
    "write-after-free": "a freed block overwritten",
    "write-after-free-large": "a byte written to a freed block of 3 MiB",
    "free-sized": "free_sized with too small a size",
    "realloc-freed": "realloc of a freed block",
    "usable-size-freed": "malloc_usable_size of a freed block",
}


@dataclass(frozen=True)
class Outcome:
    """When a fault was found, and the message."""

    when: str  # at once, later, no, crash
    message: str = ""

    def __str__(self) -> str:
        return f"{self.when}: {self.message}" if self.message else self.when


def run(library: Path, fault: str) -> Outcome:
    """Commits the fault with the library preloaded.  A fault that hakmem finds ends in exactly one
    line on standard error and SIGABRT; anything else but survival is an AssertionError."""
    done = subprocess.run(
        [str(PROGRAM), fault],
        env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True, text=True, timeout=120, check=False,
    )
    steps = done.stdout.split()
    if done.returncode == 0:
        assert steps == ["committed", "survived"] and not done.stderr, (steps, done.stderr)
        return Outcome("no")
    if done.returncode == -signal.SIGSEGV:
        return Outcome("crash")
    lines = done.stderr.splitlines()
    assert done.returncode == -signal.SIGABRT and len(lines) == 1, (done.returncode, lines)
    match = re.fullmatch(r"hakmem\((.*?)\): (.*): 0x[0-9a-f]+", lines[0])
    assert match and match[1] == profile_of(library), lines[0]
    return Outcome("later" if steps else "at once", match[2])


def render(outcomes: dict[str, dict[str, Outcome]]) -> str:
    """Profile -> fault -> outcome, as a Markdown table with a row for each fault; profiles that
    behave alike share a column."""
    columns: dict[tuple[Outcome, ...], list[str]] = {}
    for profile, row in outcomes.items():
        columns.setdefault(tuple(row[fault] for fault in FAULTS), []).append(profile)
    heads = [", ".join(profiles) for profiles in columns.values()]
    lines = ["| fault | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for number, (fault, text) in enumerate(FAULTS.items()):
        cells = [str(column[number]) for column in columns]
        lines.append(f"| {text} (`{fault}`) | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def parse(document: str) -> dict[str, dict[str, str]]:
    """Profile -> fault -> cell, from the document's table."""
    table = document.split(BEGIN)[1].split(END)[0].strip().splitlines()
    heads = [head.strip() for head in table[0].strip("|").split("|")][1:]
    cells: dict[str, dict[str, str]] = {}
    for line in table[2:]:
        fields = [field.strip() for field in line.strip("|").split("|")]
        fault = re.search(r"\(`(.*)`\)", fields[0])[1]
        for head, cell in zip(heads, fields[1:], strict=True):
            for profile in head.split(", "):
                cells.setdefault(profile, {})[fault] = cell
    return cells


def of_shipped() -> dict[str, Path]:
    """The libraries of the profiles that the page is about."""
    return {name: library for name, library in libraries().items() if name in shipped()}


def main(args: list[str]) -> int:
    argparse.ArgumentParser(prog="update", description=f"Writes the table of {DOC} anew: commits "
                            "each fault with each shipped profile.").parse_args(args)
    outcomes = {
        profile: {fault: run(library, fault) for fault in FAULTS}
        for profile, library in of_shipped().items()
    }
    path = Path(os.environ["BUILD_WORKSPACE_DIRECTORY"]) / DOC
    head, rest = path.read_text(encoding="utf-8").split(BEGIN)
    tail = rest.split(END)[1]
    text = f"{head}{BEGIN}\n{render(outcomes)}\n{END}{tail}"
    path.write_text(text, encoding="utf-8")
    print(f"{DOC}: {len(outcomes)} profiles, {len(FAULTS)} faults")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
