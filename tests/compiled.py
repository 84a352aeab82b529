"""C programs of tests, compiled and run with a profile's library preloaded."""

import os
import subprocess
from pathlib import Path

SECONDS = 250  # for one program on a busy machine


def compiled(to: Path, source: Path, *options: object) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O1", "-fno-builtin", "-Wall", "-Werror", str(source), "-o", str(to),
                    *map(str, options)], check=True)
    return to


def environment(*preload: Path | None, **more: str) -> dict[str, str]:
    """That of a program with these libraries in front; None stands for no library."""
    names = " ".join(str(path) for path in preload if path)
    return {**os.environ, **({"LD_PRELOAD": names} if names else {}), **more}


def output(command: list, preload: Path | None = None, status: int = 0) -> str:
    """Standard output; the exit status must be as given."""
    done = subprocess.run([str(word) for word in command], env=environment(preload),
                          capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()
