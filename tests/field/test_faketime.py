"""libfaketime, which answers for the clock and allocates."""

import subprocess

import pytest

from tests.compiled import environment
from tests.field.conftest import compiled, need

SECONDS = 60


@pytest.mark.parametrize("speed", ["@2020-01-01 00:00:00", "-1y x1000"])
def test_under_faketime(folder, any_library, speed):
    program = compiled(folder / "busy", "busy.c", "-pthread")
    command = [need("faketime", "faketime"), "-f", speed, program, "3"]
    done = subprocess.run(command, env=environment(any_library), capture_output=True, text=True,
                          timeout=SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "busy\n", "")
