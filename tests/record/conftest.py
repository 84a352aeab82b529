"""Shared by the tests of the recorder: runs programs with it preloaded."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parents[2]
sys.path.insert(0, str(ROOT))

from gen.record import reader, trace  # noqa: E402
from gen.record.recording import Recording  # noqa: E402

TRACE_MAX = 64 << 20


def _built(path: str) -> Path:
    """A file that Bazel made: beside the sources, or where it was left if run from source."""
    return ROOT / path if (ROOT / path).exists() else ROOT / "bazel-bin" / path


@dataclass(frozen=True)
class Seen:
    """What one process left."""

    recording: Recording
    trace: Path | None
    path: Path

    def size(self, size: int):
        """The bin of a size."""
        bins = {one.granule: one for one in self.recording.sizes}
        return bins[(size + 15) // 16]

    def totals(self) -> trace.Totals:
        return trace.totals(trace.Trace(self.trace), self.recording.inherited_bytes)


@dataclass(frozen=True)
class Done:
    """What a command left: the processes by their start, and its own status and standard error."""

    status: int
    errors: str
    seen: list[Seen]

    @property
    def only(self) -> Seen:
        (one,) = self.seen
        return one


@pytest.fixture(scope="session")
def library():
    return _built("gen/libhakmem-record.so")


@pytest.fixture(scope="session")
def known():
    return str(_built("tests/record/known"))


@pytest.fixture(scope="session")
def cost():
    return str(_built("tests/record/cost"))


@pytest.fixture
def record(library, tmp_path):
    """Runs a command with the library preloaded."""

    def run(*command: str, traced: bool = True, trace_max: int = TRACE_MAX, timeout: float = 120,
            **env: str) -> Done:
        folder = tmp_path / "records"
        folder.mkdir()
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, errors="replace", timeout=timeout, check=False, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(tmp_path),
                 "LD_PRELOAD": str(library), "HAKMEM_RECORD": f"{folder}/%p",
                 **({"HAKMEM_RECORD_TRACE": str(trace_max)} if traced else {}), **env})
        seen = [Seen(reader.load(path), _trace(path), path) for path in folder.iterdir()
                if path.suffix != ".trace"]
        return Done(done.returncode, done.stderr,
                    sorted(seen, key=lambda one: one.recording.start))

    return run


def _trace(path: Path) -> Path | None:
    traced = Path(f"{path}.trace")
    return traced if traced.exists() else None
