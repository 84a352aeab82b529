"""Runs a program with the recorder preloaded."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
LIBRARY = ROOT / "gen/libhakmem-record.so"


class WrongUse(Exception):
    """The message says what would be right."""


def run(command: list[str], out: Path, folder: Path, trace_max: int) -> tuple[int, int]:
    """Runs the program, which writes its recordings to `folder`; returns its process id and its
    status.  What ends the program from the keyboard is left to it."""
    program = find(command[0])
    claim(out, folder)
    try:
        process = subprocess.Popen([command[0], *command[1:]], executable=program,
                                   env=environment(folder, trace_max))
    except OSError as error:
        folder.rmdir()
        raise WrongUse(f"{command[0]}: cannot be started: {error.strerror}") from None
    before = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, signal.SIGQUIT)}
    before[signal.SIGTERM] = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return process.pid, process.wait()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def find(program: str) -> str:
    """The program's path.  Raises WrongUse."""
    path = shutil.which(program)
    if not path:
        raise WrongUse(f"{program}: no such program; name one as for a shell")
    return path


def claim(out: Path, folder: Path) -> None:
    """Makes the folder for the recordings.  Raises WrongUse if anything would be overwritten."""
    try:
        for path in (out, trace_of(out), folder):
            if path.exists() or path.is_symlink():
                raise WrongUse(f"{path}: exists already; name another file with --out, or delete "
                               "it")
        folder.mkdir()
    except OSError as error:
        raise WrongUse(f"{folder}: cannot be made: {error.strerror}; name another place with "
                       "--out") from None


def environment(folder: Path, trace_max: int) -> dict[str, str]:
    """Of the program: this process's, without what Bazel put there for this script."""
    env = dict(os.environ)
    preload = filter(None, (str(LIBRARY), env.get("LD_PRELOAD")))
    env |= {"LD_PRELOAD": " ".join(preload), "HAKMEM_RECORD": f"{folder}/%p"}
    env.pop("HAKMEM_RECORD_TRACE", None)
    if trace_max:
        env["HAKMEM_RECORD_TRACE"] = str(trace_max)
    if ROOT.parent.name.endswith(".runfiles") and "PYTHONPATH" in env:
        own = [entry for entry in env.pop("PYTHONPATH").split(":")
               if entry and not entry.startswith(str(ROOT.parent))]
        if own:
            env["PYTHONPATH"] = ":".join(own)
    return env


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")


def trace_of(path: Path) -> Path:
    """Where the trace of a recording is."""
    return path.with_name(path.name + ".trace")
