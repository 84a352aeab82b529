"""Real programs with a profile's library preloaded, and what they must do as without it."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.libraries import libraries

LIBRARIES = libraries()
TIMEOUT = 600.0  # seconds for one program on a busy machine


def need(program: str, package: str) -> str:
    """The program's path; without it the test fails and names the Debian package."""
    path = shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    assert path, f"{program} is not installed: apt-get install {package}"
    return path


def environment(library: Path | None, **more: str) -> dict[str, str]:
    """That of a program under the library, or under the C library's malloc; the same language and
    time everywhere, so that outputs can be compared."""
    fixed = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": os.environ.get("TEST_TMPDIR", "/tmp")}
    preload = {"LD_PRELOAD": str(library)} if library else {}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **fixed, **preload, **more}


def output(command: list[str], library: Path | None, cwd: Path, text: str | None = None,
           **more: str) -> str:
    """Standard output of a command that must succeed and say nothing of hakmem's."""
    done = subprocess.run(
        command, cwd=cwd, env=environment(library, **more), input=text or "", text=True,
        capture_output=True, timeout=TIMEOUT, check=False,
    )
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stderr[-4000:]}"
    assert "hakmem(" not in done.stderr, done.stderr[-4000:]
    return done.stdout
