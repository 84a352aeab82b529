"""Runs a program with the recorder preloaded."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).absolute().parents[2]
LIBRARY = ROOT / "gen/libhakmem-record.so"
RECORD = "HAKMEM_RECORD"  # what the library reads: names of recordings, %p is the process id
SAYS = "libhakmem-record: "  # so begins what the library says on standard error


class WrongUse(Exception):
    """The message says what would be right."""


def run(command: list[str], out: Path, folder: Path, trace_max: int) -> tuple[int, int]:
    """Runs the program, which writes its recordings to `folder`; returns its process id and its
    status.  What ends the program from the keyboard is left to it."""
    program = find(command[0])
    claim(out, folder)
    why = why_not(folder, trace_max)
    if why:
        folder.rmdir()
        raise WrongUse(f"{folder}: nothing can be recorded there: {why}; mend that, or name "
                       "another place with --out")
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


def why_not(folder: Path, trace_max: int) -> str:
    """Why programs whose recordings go to the folder leave none; nothing if they do.  The library
    tells, in a program that does nothing: it is the library that knows what it needs."""
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", ""], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          errors="backslashreplace", env=environment(folder, trace_max)) as probe:
        said = probe.communicate()[1]
    path = folder / str(probe.pid)
    left = path.exists() and (not trace_max or trace_of(path).exists())
    for one in (path, trace_of(path)):
        one.unlink(missing_ok=True)
    if probe.returncode == -signal.SIGBUS:
        return "there is no room, or a quota is used up"
    if left:
        return ""
    for line in said.splitlines():
        for of in (trace_of(path), path):
            if line.startswith(f"{SAYS}{of}: "):
                return line.removeprefix(f"{SAYS}{of}: ").rpartition("; ")[0]
    return f"{LIBRARY.name} cannot be preloaded: {said.strip()}"


def why_no_longer(folder: Path, trace_max: int) -> str:
    """The same after the program, when the folder may be gone."""
    try:
        folder.mkdir(exist_ok=True)
        why = why_not(folder, trace_max)
    except OSError as error:
        return error.strerror
    try:
        folder.rmdir()
    except OSError:  # it holds recordings
        pass
    return why


def environment(folder: Path, trace_max: int) -> dict[str, str]:
    """Of the program: this process's, without what Bazel put there for this script."""
    env = dict(os.environ)
    preload = filter(None, (str(LIBRARY), env.get("LD_PRELOAD")))
    env |= {"LD_PRELOAD": " ".join(preload), RECORD: f"{folder}/%p"}
    env.pop("HAKMEM_RECORD_TRACE", None)
    if trace_max:
        env["HAKMEM_RECORD_TRACE"] = str(trace_max)
    if ROOT.parent.name.endswith(".runfiles") and "PYTHONPATH" in env:
        own = [entry for entry in env.pop("PYTHONPATH").split(":")
               if entry and not entry.startswith(str(ROOT.parent))]
        if own:
            env["PYTHONPATH"] = ":".join(own)
    return env


def go_on(folder: Path) -> dict[int, str]:
    """Processes that still run with the library and whose recordings go to the folder, as far as
    the system shows their environment: id -> name.  One that fork made has no recording before its
    first call."""
    sought = os.fsencode(f"{RECORD}={folder}/%p")
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (sought in (process / "environ").read_bytes().split(b"\0")
                    and os.fsencode(LIBRARY.name) in (process / "maps").read_bytes()
                    and runs(int(process.name))):
                name = (process / "comm").read_text(encoding="utf-8", errors="backslashreplace")
                found[int(process.name)] = name.strip()
        except OSError:  # it has ended, or is another user's
            pass
    return found


def runs(pid: int) -> bool:
    """Whether there is such a process, not yet ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")


def trace_of(path: Path) -> Path:
    """The path of a recording's trace."""
    return path.with_name(path.name + ".trace")
