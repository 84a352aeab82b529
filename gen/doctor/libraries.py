"""Where the loader finds the libraries that a program needs; see ld.so(8)."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from gen.doctor.elf import Elf, NotElf, is_elf

CONFIGURATION = Path("/etc/ld.so.conf")
USUAL = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")


@dataclass(frozen=True)
class Needed:
    """The libraries of a program in the order in which the loader goes through them."""

    found: tuple[Elf, ...]
    missing: tuple[str, ...]  # NAME (needed by FILE)


def find_needed(program: Elf, read: Callable[[Path], Elf]) -> Needed:
    """All of them, also those that libraries need."""
    usual = [*configured(CONFIGURATION), *map(Path, USUAL)]
    found: dict[str, Elf] = {}
    missing: list[str] = []
    queue = [program]
    for user in queue:  # grows
        for name in user.needed:
            if name in found or any(line.startswith(f"{name} ") for line in missing):
                continue
            library = _find(name, user, program, usual, read)
            if library:
                found[name] = library
                queue.append(library)
            else:
                missing.append(f"{name} (needed by {user.path.name})")
    return Needed(tuple(found.values()), tuple(missing))


def _find(name: str, user: Elf, program: Elf, usual: list[Path],
          read: Callable[[Path], Elf]) -> Elf | None:
    candidates = [Path(name)] if "/" in name else [
        folder / name for folder in _folders(user, program, usual)]
    for path in candidates:
        try:
            if is_elf(path):
                library = read(path)
                if (library.machine, library.bits) == (program.machine, program.bits):
                    return library
        except (OSError, NotElf):
            continue
    return None


def _folders(user: Elf, program: Elf, usual: list[Path]) -> Iterator[Path]:
    if not user.runpath:
        for owner in (user, program):
            yield from _expanded(owner.rpath, owner)
    yield from map(Path, filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")))
    yield from _expanded(user.runpath, user)
    yield from usual


def _expanded(paths: tuple[str, ...], owner: Elf) -> Iterator[Path]:
    origin = str(owner.path.resolve().parent)
    for path in filter(None, paths):
        yield Path(path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin))


def configured(path: Path) -> Iterator[Path]:
    """The folders of ld.so.conf and of the files that it includes."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split("#")[0].split()
        if words[:1] == ["include"]:
            for pattern in words[1:]:
                absolute = path.parent / pattern  # an absolute pattern stays as it is
                for included in sorted(absolute.parent.glob(absolute.name)):
                    yield from configured(included)
        elif words:
            yield Path(words[0])
