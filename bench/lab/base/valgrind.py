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
    out = str(data).replace("%", "%%")
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *options, *program]
