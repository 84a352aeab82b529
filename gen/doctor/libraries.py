"""The libraries that a program needs, found by this machine's loader; see ld.so(8)."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from gen.doctor.elf import Elf, NotElf

# The machine's own: a program may name any file as its loader, and that one would run.
LOADER = "/usr/bin/ld.so"

_FOUND = re.compile(r"\t(?:.+ => )?(.*/.*) \(0x[0-9a-f]+\)")
_MISSING = re.compile(r"\t(.+) => not found")


@dataclass(frozen=True)
class Needed:
    """The libraries of a program in the order in which the loader goes through them."""

    found: tuple[Elf, ...]
    missing: tuple[str, ...]  # NAME (needed by FILE)


def find_needed(program: Elf, read: Callable[[Path], Elf]) -> Needed:
    """All of them, also those that libraries need; nothing of the program runs.  Raises NotElf
    where the loader gives up."""
    lines = _list(program.path)
    found = [read(Path(match[1])) for match in map(_FOUND.fullmatch, lines)
             if match and match[1] != LOADER]
    missing = [match[1] for match in map(_MISSING.fullmatch, lines) if match]
    return Needed(tuple(found), tuple(f"{name} (needed by {_user(name, [program, *found])})"
                                      for name in missing))


def _user(name: str, files: list[Elf]) -> str:
    """The first of the files that needs the library."""
    return next((one.path.name for one in files if name in one.needed), files[0].path.name)


def _list(path: Path) -> list[str]:
    """The loader's line for each library.  Its option --list ends at the first that is missing;
    this variable makes it go on."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    if "LD_LIBRARY_PATH" in os.environ:
        env["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    done = subprocess.run([LOADER, path.absolute()], env={**env, "LD_TRACE_LOADED_OBJECTS": "1"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="surrogateescape", check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"ends with status {done.returncode}"]
        raise NotElf(f"{path}: the loader cannot map it: {said[0]}")
    return done.stdout.splitlines()
