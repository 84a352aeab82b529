"""Scripts on the pages end, whatever is missing, and say what."""

import re
import subprocess
from pathlib import Path

import pytest

REDIS = ("redis-server", "redis-cli", "redis-benchmark")


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """With load.sh of the README, and bin/ with what it needs but redis."""
    page = Path("README.md").read_text(encoding="utf-8")
    script = re.search(r"^    cat > load.sh <<'END'\n(.*?)^    END$", page, re.M | re.S)[1]
    (tmp_path / "load.sh").write_text(re.sub("^    ", "", script, flags=re.M))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sleep").symlink_to("/usr/bin/sleep")
    return tmp_path


def tool(folder: Path, name: str, script: str) -> None:
    """A stand-in."""
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "load.sh"], cwd=folder, env={"PATH": str(folder / "bin")},
                          capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("missing", REDIS)
def test_redis_is_not_installed(folder, missing):
    for name in REDIS:
        if name != missing:
            tool(folder, name, "exit 1")
    done = run(folder)
    assert done.returncode != 0
    assert f"{missing}: not found" in done.stderr


def test_the_server_does_not_start(folder):
    tool(folder, "redis-server", "echo no memory >&2; exit 1")
    tool(folder, "redis-cli", "exit 1")
    tool(folder, "redis-benchmark", "echo must not run >&2")
    done = run(folder)
    assert done.returncode != 0
    assert done.stderr == "no memory\n"


def test_a_server_that_is_slow_to_start(folder):
    tool(folder, "redis-server", "sleep 1; : >up; while ! [ -e stop ]; do sleep 0.1; done")
    tool(folder, "redis-cli", 'case $3 in ping) [ -e up ] ;; *) : >stop ;; esac')
    tool(folder, "redis-benchmark", "[ -e up ] && echo ran >&2")
    done = run(folder)
    assert (done.returncode, done.stderr) == (0, "ran\n")
