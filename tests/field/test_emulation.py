"""A guest of qemu-user, as containers of another architecture run it."""

import os
import subprocess
import time
from pathlib import Path

from tests.field.conftest import need

MOST_KIB_BEYOND = 100 << 10
PAIRS = 5


def run(library: Path | None) -> tuple[float, int]:
    """Seconds, and the KiB of the emulator at most."""
    setting = ["-E", f"LD_PRELOAD={library}"] if library else []
    start = time.monotonic()
    process = subprocess.Popen([need(f"qemu-{os.uname().machine}", "qemu-user"), *setting,
                                "/bin/ls", "/"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0 and "proc" in said.split() and "hakmem" not in said, said
    return time.monotonic() - start, usage.ru_maxrss


def test_ls(library):
    pairs = [(run(None), run(library)) for _ in range(PAIRS)]
    (usual_seconds, usual_kib), (seconds, kib) = (map(min, zip(*runs)) for runs in zip(*pairs))
    assert kib <= usual_kib + MOST_KIB_BEYOND
    assert seconds <= 2 * usual_seconds
