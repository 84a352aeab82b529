"""Where the caller of a command is, and how each command of gen/ ends."""

import os
import signal
import sys
from pathlib import Path
from typing import Callable, NoReturn

INTERRUPTED = 128 + signal.SIGINT  # as in a shell


def from_caller(path: Path) -> Path:
    """A path that the caller gave, seen from here:  `bazel run` starts a command in another
    folder."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / path


def profiles_dir(given: Path | None) -> Path:
    """The folder of profiles: the one that the caller gave, else that of the workspace.  Under
    `bazel run` the latter is not the copy among the runfiles."""
    if given:
        return from_caller(given)
    if "BUILD_WORKSPACE_DIRECTORY" in os.environ:
        return Path(os.environ["BUILD_WORKSPACE_DIRECTORY"]) / "profiles"
    return Path(os.path.relpath(Path(__file__).absolute().parent.parent / "profiles"))


def plain() -> None:
    """From here on what standard output has no letters for comes out as escapes: in a locale
    without them, and bytes of the command line that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def run(name: str, main: Callable[[list[str]], int]) -> NoReturn:
    """Calls `main` with the words of the command line and ends this process with its status.

    The status is 130 after Ctrl-C, and 1 if the output cannot be written, each with a line on
    standard error.  When the reader of a pipe ends (`| head`), SIGPIPE ends this process, as it
    does other programs.  Letters that the terminal's encoding lacks are printed as escapes.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    plain()
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        status = INTERRUPTED
    except OSError as error:
        print(f"{name}: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python retries at exit
        status = 1
    sys.exit(status)
