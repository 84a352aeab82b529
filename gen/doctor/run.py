"""Runs a program once with bench/sizes.c preloaded, and reads what that recorded."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gen.fit.habits import TINY, Habits

BUFFERS = "65536"  # a bound of bench/sizes.c, in bytes; the one before it is 32768


class NotRecorded(Exception):
    """There is no record; the message says why."""


@dataclass(frozen=True)
class Seen:
    """The process of the run that had most bytes in use."""

    process: str
    processes: int  # that left a record
    calls: int  # that gave a block
    tiny_calls: int  # of these, of up to TINY bytes
    buffer_calls: int  # above 32 and up to 64 KiB
    threads: int  # that asked for a block
    peak_bytes: int  # asked for and in use at the peak
    peak_blocks: int
    cpu_seconds: float  # of the whole run, with recording
    status: int  # exit status; negative for a signal

    @property
    def habits(self) -> Habits:
        """What is known of them: who freed a block is not."""
        return Habits(
            calls=self.calls, tiny_calls=self.tiny_calls, buffer_calls=self.buffer_calls, frees=0,
            remote_frees=0, threads=self.threads, peak_bytes=self.peak_bytes,
            peak_blocks=self.peak_blocks,
        )


def run(command: list[str], library: Path, folder: Path) -> Seen:
    """Standard output of the program goes to standard error.  Raises NotRecorded."""
    with tempfile.TemporaryDirectory(prefix="hakmem-doctor-") as records:
        before = _cpu()
        preload = " ".join(filter(None, (str(library), os.environ.get("LD_PRELOAD"))))
        try:
            status = subprocess.run(
                command, cwd=folder, stdout=sys.stderr.fileno(), check=False,
                env={**os.environ, "LD_PRELOAD": preload, "HAKMEM_SIZES": f"{records}/of"},
            ).returncode
        except OSError as error:
            raise NotRecorded(f"{command[0]}: cannot be started: {error.strerror}") from None
        cpu = _cpu() - before
        seen = [_read(path) for path in sorted(Path(records).iterdir())]
    if not seen:
        how = f"ended by signal {-status}" if status < 0 else f"exit status {status}"
        raise NotRecorded(f"{command[0]}: left no record ({how}): it ended without exit(), or "
                          "preloading has no effect on it")
    most = max(seen, key=lambda data: data["peak_bytes"])
    return Seen(
        process=most["program"], processes=len(seen), calls=most["calls"],
        tiny_calls=most["asked"][str(TINY)], buffer_calls=most["asked"][BUFFERS],
        threads=most["threads"], peak_bytes=most["peak_bytes"],
        peak_blocks=sum(most["sizes"].values()) + most["larger"],
        cpu_seconds=round(cpu, 3), status=status,
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NotRecorded(f"{path.name}: not a readable record ({error})") from None
