"""A real program, run once with the recorder preloaded."""

import os
from pathlib import Path

from bench.lab.base import processes
from bench.lab.base.errors import ToolError
from bench.lab.select.real_programs import RealProgram
from gen.record import reader
from gen.record.recording import RecordingError
from gen.record.running import environment

TIMEOUT = 120.0  # seconds, of one command


class NotRecorded(ToolError):
    """A program that left no recording; the message says why."""


def words(program: RealProgram, which: int, folder: Path) -> list[str]:
    """The command with one of the program's inputs; its files are made in the folder the first
    time."""
    work = folder / "work" / f"{program.name}-{which}"
    if not work.exists():
        work.mkdir(parents=True)
        (work / "run.sh").write_text(f"cd {work}\n{program.prepare(work, which)}\n",
                                     encoding="utf-8")
    settings = [f"{name}={value}" for name, value in program.env.items()]
    return ["env", "LC_ALL=C", f"HOME={work}", "PYTHONHASHSEED=0", *settings, "sh",
            str(work / "run.sh")]


def record(program: RealProgram, which: int, folder: Path, timeout: float = TIMEOUT) -> Path:
    """The recording of the process in question that had most bytes in use, a file in the folder.
    Raises NotRecorded."""
    if program.missing:
        raise NotRecorded(f"{', '.join(program.missing)} not installed")
    command = words(program, which, folder)
    _run(command, dict(os.environ), timeout)  # files that only the first run makes
    into = folder / "recordings" / f"{program.name}-{which}"
    into.mkdir(parents=True)
    _run(command, environment(into, 0), timeout)
    found: list[tuple[int, Path]] = []
    for path in sorted(into.iterdir()):
        try:
            one = reader.load(path)
        except RecordingError:
            continue
        if program.process in one.program:
            found.append((one.peak_live_bytes, path))
    if not found:
        raise NotRecorded(f"no process called {program.process} was recorded")
    named = folder / f"{program.name}-{which}.rec"
    return max(found)[1].rename(named)


def _run(command: list[str], env: dict[str, str], timeout: float) -> None:
    status, _, said = processes.run(command, timeout, env)
    if status is None:
        raise NotRecorded(f"no end within {timeout:g} s")
    if status:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        raise NotRecorded(": ".join([how, *said.strip().splitlines()[-1:]]))
