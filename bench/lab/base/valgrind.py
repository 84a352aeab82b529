"""valgrind's callgrind: whether it is here, and the command that counts a program's
instructions."""

from pathlib import Path

from bench.lab.base import tools

PACKAGE = "valgrind"


def require() -> None:
    """Raises ToolError if a tool is missing."""
    tools.require("valgrind", PACKAGE)
    tools.require("callgrind_annotate", PACKAGE)


def callgrind(data: Path, program: list[str], *options: str) -> list[str]:
    """The command that counts; `data` is what it writes."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={_plain(data)}", *options,
            *program]


def callgrind_each(folder: Path, program: list[str], *options: str) -> list[str]:
    """The command that counts a program and all processes that it starts.

    The folder then has files counts.PROCESS and counts.PROCESS.NUMBER, which together hold each
    count once.  A forked process begins with the counts of its parent, so the parent writes and
    clears its own just before; a program that brings another fork than the C library's counts some
    twice.  What a process did before it became another program by exec is lost.
    """
    return ["valgrind", "--tool=callgrind", "--trace-children=yes", "--dump-before=fork",
            f"--callgrind-out-file={_plain(folder)}/counts.%p",
            f"--log-file={_plain(folder)}/log.%p", *options, *program]


def _plain(path: Path) -> str:
    """The path without a word that valgrind would replace."""
    return str(path).replace("%", "%%")
