"""What the commands of gen/ have in common: where the caller is, and how they end."""

import os
import signal
import sys
from pathlib import Path
from typing import Callable, NoReturn

INTERRUPTED = 128 + signal.SIGINT  # as in a shell


def from_caller(path: Path) -> Path:
    """The path that the caller names: `bazel run` starts the command elsewhere."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / path


def profiles_dir(given: Path | None) -> Path:
    """The folder that the caller names; else that of the workspace, and not its copy among the
    runfiles."""
    if given:
        return from_caller(given)
    if "BUILD_WORKSPACE_DIRECTORY" in os.environ:
        return Path(os.environ["BUILD_WORKSPACE_DIRECTORY"]) / "profiles"
    return Path(os.path.relpath(Path(__file__).absolute().parent.parent / "profiles"))


def run(name: str, main: Callable[[list[str]], int]) -> NoReturn:
    """Ends this process with the status of `main`, which takes the words of the command line.

    Where a letter is not in the encoding of the terminal, an escape stands for it.  A reader of the
    output that has enough (`| head`) ends the process by SIGPIPE, as it does other programs.  130 for
    Ctrl-C, 1 if what is printed cannot be written, each with a line on standard error.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        status = INTERRUPTED
    except OSError as error:
        print(f"{name}: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # not tried again at the end
        status = 1
    sys.exit(status)
