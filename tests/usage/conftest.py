"""Programs of programs/, compiled and run, and the libraries of all profiles."""

import os
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path("tests/usage/programs").absolute()
INSTALLED = Path("installed").absolute()


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("programs")


def compiled(to: Path, source: str, *options: object) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O1", "-fno-builtin", "-Wall", "-Werror", str(PROGRAMS / source),
                    "-o", str(to), *map(str, options)], check=True)
    return to


def output(command: list, preload: Path | None = None, status: int = 0) -> str:
    """Standard output; the exit status must be as given."""
    env = {**os.environ, **({"LD_PRELOAD": str(preload)} if preload else {})}
    done = subprocess.run([str(word) for word in command], env=env, capture_output=True, text=True,
                          timeout=250)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()
