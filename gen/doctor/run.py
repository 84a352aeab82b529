"""Runs a program once with the recorder preloaded, and reads what that recorded."""

import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gen.fit.habits import Habits, habits_of
from gen.record import reader
from gen.record.recording import RecordingError
from gen.record.running import environment, why_not


class NotRecorded(Exception):
    """There is no recording; the message says why."""


@dataclass(frozen=True)
class Seen:
    """The process of the run that had most bytes in use."""

    process: str
    processes: int  # that left a recording
    calls: int  # that gave a block
    threads: int  # that asked for a block, from start to end
    habits: Habits
    cpu_seconds: float  # of the whole run, with recording
    status: int  # exit status; negative for a signal

    def as_json(self) -> dict:
        """One object of numbers, and the name of the process."""
        return {
            "process": self.process, "processes": self.processes, "calls": self.calls,
            "tiny_calls": self.habits.tiny_calls, "buffer_calls": self.habits.buffer_calls,
            "threads": self.threads, "peak_bytes": self.habits.peak_bytes,
            "peak_blocks": self.habits.peak_blocks, "cpu_seconds": self.cpu_seconds,
            "status": self.status,
        }


def run(command: list[str], folder: Path) -> Seen:
    """Standard output of the program goes to standard error.  Raises NotRecorded."""
    with tempfile.TemporaryDirectory(prefix="hakmem-doctor-") as name:
        records = Path(name)
        before = _cpu()
        try:
            status = subprocess.run(command, cwd=folder, stdout=sys.stderr.fileno(), check=False,
                                    env=environment(records, 0)).returncode
        except OSError as error:
            raise NotRecorded(f"{command[0]}: cannot be started: {error.strerror}") from None
        cpu = _cpu() - before
        try:
            seen = [reader.load(path) for path in sorted(records.iterdir())]
        except RecordingError as error:
            raise NotRecorded(str(error)) from None
        if not seen:
            how = f"ended by signal {-status}" if status < 0 else f"exit status {status}"
            why = why_not(records, 0) or "preloading has no effect on it"
            raise NotRecorded(f"{command[0]}: left no recording ({how}): {why}")
    most = max(seen, key=lambda one: one.peak_live_bytes)
    return Seen(process=most.name, processes=len(seen), calls=most.total_allocs,
                threads=most.threads_started, habits=habits_of([most]), cpu_seconds=round(cpu, 3),
                status=status)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
