"""From the word that a user would type to the file that the system runs."""

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from gen.doctor.elf import is_elf

MOST_SCRIPTS = 4  # a script's interpreter may be a script; Linux follows so many


class NotFound(Exception):
    """No such program; the message says where it was looked for."""


class CannotRun(Exception):
    """The file cannot be run as a program; the message says why."""


@dataclass(frozen=True)
class Program:
    """A program and the scripts in front of it."""

    path: Path  # an ELF file, or none of the kinds known
    scripts: tuple[Path, ...]  # the one that was named first


def find_program(word: str, folder: Path) -> Path:
    """A word with a slash is a path, relative to the folder; else it is looked for in PATH.
    Raises NotFound."""
    if "/" in word:
        path = folder / word
        if not path.exists():
            raise NotFound(f"{word}: no such file")
        return path
    found = shutil.which(word) or shutil.which(word, mode=os.F_OK)
    if not found:
        near = f"; ./{word} is a file here" if (folder / word).is_file() else ""
        raise NotFound(f"{word}: not in PATH{near}")
    return folder / found


def follow_scripts(path: Path) -> Program:
    """Raises CannotRun."""
    scripts: list[Path] = []
    while True:
        if path.is_dir():
            raise CannotRun(f"{path}: a folder, not a program")
        if not path.is_file():
            raise CannotRun(f"{path}: no regular file")
        try:
            with path.open("rb") as file:
                start = file.read(256)
        except OSError as error:
            raise CannotRun(f"{path}: cannot be read: {error.strerror}") from None
        if not path.stat().st_mode & 0o111:
            raise CannotRun(f"{path}: not executable; chmod +x makes it so")
        if is_elf(path):
            return Program(path, tuple(scripts))
        if not start.startswith(b"#!"):
            raise CannotRun(
                f"{path}: neither an ELF file nor a script that begins with #! and its interpreter")
        scripts.append(path)
        if len(scripts) > MOST_SCRIPTS:
            raise CannotRun(f"{path}: more than {MOST_SCRIPTS} scripts that run each other")
        path = _interpreter(path, start[2:].split(b"\n")[0].decode(errors="replace"))


def _interpreter(script: Path, line: str) -> Path:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if not words:
        raise CannotRun(f"{script}: its first line names no interpreter behind #!")
    if Path(words[0]).name == "env":
        named = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        if named:
            found = shutil.which(named[0])
            if not found:
                raise CannotRun(f"{script}: its interpreter {named[0]} is not in PATH")
            return Path(found)
    if not Path(words[0]).exists():
        raise CannotRun(f"{script}: its interpreter {words[0]} does not exist")
    return Path(words[0])
