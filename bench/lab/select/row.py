"""A row of the results: one program with its arguments."""

import functools
import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.lab.base.errors import UsageError
from bench.lab.select.programs import PROGRAMS

_EXAMPLE = "bench_tiny_hot 32 100 300000"


def shell(words: Sequence[str]) -> str:
    """The words as they can be typed into bash, on one line."""
    return " ".join(shlex.quote(word) if word.isprintable() else _escaped(word) for word in words)


def _escaped(word: str) -> str:
    """A word with line ends, tabs, bytes that are no text."""
    letters = (letter if letter.isprintable() and letter not in "'\\" else
               "".join(f"\\x{byte:02x}" for byte in letter.encode(errors="surrogateescape"))
               for letter in word)
    return f"$'{''.join(letters)}'"


@dataclass(frozen=True)
class Row:
    """One benchmark program with its arguments.  Rows of other kinds run something else."""

    program: str
    args: tuple[str, ...]
    threads: int
    load: str  # for people: what is measured
    bar: float | None = None  # least speed of the default profile, relative to the best peer
    floor_bar: float | None = None  # the same, relative to the reference `floor`
    idle_bar: float | None = None  # share of the peak that may be resident at the end

    timed: ClassVar[bool] = False  # an operation is a whole run: the row is about time, not speed
    preload: ClassVar[str] = "LD_PRELOAD"  # the variable that names a library to be preloaded

    @property
    def params(self) -> str:
        """The arguments in one word group, as in the results."""
        return shlex.join(self.args)

    @property
    def title(self) -> str:
        """For people; as it can be typed into a shell."""
        return shell((self.program, *self.args))

    @functools.cached_property
    def key(self) -> str:
        """A name for files, of its own for each row."""
        text = f"{self.program}-{'-'.join(self.args)}"
        name = re.sub(r"[^A-Za-z0-9_.+-]+", "_", text)[:80]
        if name == text:
            return name
        digest = hashlib.sha1(text.encode(errors="surrogateescape")).hexdigest()
        return f"{name}-{digest[:8]}"

    @property
    def references(self) -> bool:
        """Whether `null` and `floor` can run it."""
        return self.program not in PROGRAMS or PROGRAMS[self.program].references

    @property
    def folder(self) -> Path | None:
        """The folder that the program runs in; None: it may be any."""
        return None

    def executable(self, binaries: Mapping[str, Path]) -> Path | None:
        """The file that is started; `binaries` are those of a variant.  None if it was not
        built."""
        return binaries.get(self.program)

    def arguments(self, more: float = 0.0) -> Sequence[str]:
        """The arguments of what is started; `more` adds to its work, 0.03 for 3 %.

        Raises ValueError for more of a program that runs for a time instead.
        """
        if not more:
            return self.args
        place = PROGRAMS[self.program].amount
        if place is None:
            raise ValueError(f"{self.program} has no amount of work")
        args = list(self.args)
        args[place] = str(round(int(args[place]) * (1 + more)))
        return args


def of(program: str, args: Sequence[str]) -> Row:
    """Any row of a program, which may be one that is not known here."""
    known = PROGRAMS.get(program)
    return Row(program, tuple(args), known.threads_of(args) if known else 1,
               known.load if known else "")


def parse(text: str, where: str) -> Row:
    """The row that a person means by a program, with or without bench_, and its arguments.  Raises
    UsageError for one that there is not; `where` is the option that it comes from."""
    try:
        name, *args = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{where}: {text!r} is no row, such as '{_EXAMPLE}' ({error})") from error
    program = next((known for known in PROGRAMS if name in (known, known.removeprefix("bench_"))),
                   None)
    if program is None:
        raise UsageError(f"{where}: there is no program {name}; there are {', '.join(PROGRAMS)}")
    sanity = PROGRAMS[program].sanity.split()
    if len(args) != len(sanity):
        raise UsageError(f"{where}: {program} takes {len(sanity)} arguments, such as "
                         f"'{program} {shlex.join(sanity)}'; here are {len(args)}")
    return of(program, args)
