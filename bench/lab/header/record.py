"""Records the block sizes of a program at its memory peak, by preloading bench/sizes.c."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.lab.header.programs import Program

MOST = 32 << 10  # bytes: larger blocks are counted together, as bench/sizes.c does
TIMEOUT = 60.0  # seconds, of one command


class NotRecorded(Exception):
    """A program that gave no record; the message says why."""


@dataclass(frozen=True)
class Recording:
    """The process of a program that had most bytes in use, when it had most."""

    process: str
    calls: int  # that gave a block, from its start to its exit
    sizes: dict[int, int]  # bytes asked for -> blocks in use, up to MOST bytes
    larger: int  # blocks in use above MOST bytes
    larger_bytes: int  # asked for by these

    @property
    def bytes(self) -> int:
        """Asked for by the blocks in `sizes`."""
        return sum(size * blocks for size, blocks in self.sizes.items())


def record(program: Program, library: Path, timeout: float = TIMEOUT) -> Recording:
    """Runs the program's commands in a folder of their own.  Raises NotRecorded."""
    if not shutil.which(program.name):
        raise NotRecorded("not installed")
    with tempfile.TemporaryDirectory(prefix="hakmem-sizes-") as name:
        work, records = Path(name) / "work", Path(name) / "records"
        work.mkdir()
        records.mkdir()
        env = {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": name, "LC_ALL": "C", "TMPDIR": name,
            "PYTHONHASHSEED": "0", "LD_PRELOAD": str(library), "HAKMEM_SIZES": str(records / "of"),
            **program.env,
        }
        for command in program.prepare(work):
            _run(command, work, env, timeout)
        recordings = [read(path) for path in sorted(records.iterdir())]
    if not recordings:
        raise NotRecorded("left no record: linked statically, or ended without exit")
    return max(recordings, key=lambda one: one.bytes + one.larger_bytes)


def read(path: Path) -> Recording:
    """One file that the recorder wrote.  Raises NotRecorded if it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        sizes = {int(size): int(blocks) for size, blocks in data["sizes"].items()}
        small = sum(size * blocks for size, blocks in sizes.items())
        return Recording(data["program"], data["calls"], sizes, data["larger"],
                         data["peak_bytes"] - small)
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotRecorded(f"{path.name}: not a readable record ({error})") from error


def _run(command: list[str], work: Path, env: dict[str, str], timeout: float) -> None:
    try:
        done = subprocess.run(
            command, cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace", timeout=timeout, check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotRecorded(f"{command[0]}: no end within {timeout:g} s") from error
    except OSError as error:
        raise NotRecorded(f"{command[0]}: cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        how = f"signal {-done.returncode}" if done.returncode < 0 else (
            f"exit status {done.returncode}")
        raise NotRecorded(": ".join([Path(command[0]).name, how, *said[-1:]]))
