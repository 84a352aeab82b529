"""gdb's gcore writes all that is mapped: a small program makes a small file, soon."""

import subprocess
import time

from tests.compiled import environment
from tests.field.conftest import compiled, need

MOST_BYTES = 60 << 20
SECONDS = 10


def test_gcore(folder, any_library):
    gcore = need("gcore", "gdb")
    program = compiled(folder / "small", "small.c")
    process = subprocess.Popen([program, "10", "10", "wait"], env=environment(any_library),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        start = time.monotonic()
        subprocess.run([gcore, "-o", folder / "core", str(process.pid)], check=True,
                       capture_output=True, timeout=4 * SECONDS)
        assert time.monotonic() - start < SECONDS
        assert (folder / f"core.{process.pid}").stat().st_size <= MOST_BYTES
    finally:
        process.communicate("\n")
        (folder / f"core.{process.pid}").unlink(missing_ok=True)
