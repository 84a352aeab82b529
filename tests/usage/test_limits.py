"""hakmem under a limit of memory: of a control group, as containers have, and of address space."""

import os
import resource
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.libraries import libraries
from tests.usage.conftest import compiled

LIBRARIES = libraries()
MOUNT = Path("/sys/fs/cgroup")
MIB = 1 << 20
LIMIT = 128  # MiB
KILLED = -signal.SIGKILL


@pytest.fixture(params=["default", "low-rss", "lookup-region", "hardened", "system"])
def library(request) -> Path | None:
    """Of a profile; None is the C library's malloc, which shows what is asked of the others."""
    return LIBRARIES.get(request.param)


@pytest.fixture(scope="module")
def fill(folder):
    return compiled(folder / "fill", "fill.c")


def run(fill: Path, library: Path | None, mode: str, mib: int,
        enter: Callable[[], None]) -> tuple[int, str]:
    env = {**os.environ, **({"LD_PRELOAD": str(library)} if library else {})}
    done = subprocess.run([str(fill), mode, str(mib)], env=env, preexec_fn=enter,
                          capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout.strip()


# ---- control groups ------------------------------------------------------------------------------


def own_group(controller: str) -> str:
    """The group that this process is in: of the controller's hierarchy, "" for version 2."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") or controller == controllers == "":
            return path.lstrip("/")
    return ""


def limited(group: Path, settings: dict[str, int]) -> Path:
    group.mkdir()
    try:
        for name, value in settings.items():
            file = group / name
            if file.exists() or name != "memory.swap.max":
                file.write_text(str(value))
    except OSError:
        group.rmdir()
        raise
    return group


def make_group() -> Path:
    """Raises OSError if none can be made."""
    name, size = f"hakmem-{os.getpid()}", LIMIT * MIB
    first = MOUNT / "memory"
    if (first / "memory.limit_in_bytes").exists():
        return limited(first / own_group("memory") / name, {"memory.limit_in_bytes": size})
    controllers = MOUNT / "cgroup.subtree_control"
    if "memory" not in controllers.read_text().split():
        controllers.write_text("+memory")
    return limited(MOUNT / name, {"memory.max": size, "memory.swap.max": 0})


@pytest.fixture(scope="module")
def group() -> Iterator[Callable[[], None]]:
    """What a process calls to enter a group with the limit."""
    try:
        made = make_group()
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    yield lambda: (made / "cgroup.procs").write_text(str(os.getpid())) and None
    made.rmdir()


def test_below_the_limit_it_runs(fill, library, group):
    assert run(fill, library, "churn", LIMIT // 2, group) == (0, "")


def test_above_the_limit_it_is_killed_by_the_limit(fill, library, group):
    """Memory that a group lacks is noticed when it is written to: no malloc can foresee it."""
    status, said = run(fill, library, "hold", 2 * LIMIT, group)
    assert (status, said) in ((KILLED, ""), (3, "full"))


def test_what_was_given_back_does_not_count(fill, group):
    for profile in ("default", "low-rss", "lookup-region"):
        status, said = run(fill, LIBRARIES[profile], "return", LIMIT * 3 // 4, group)
        assert status == 0 and int(said) < LIMIT // 4, profile


# ---- address space -------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [200, 1000])
def test_address_space(fill, library, limit):
    """NULL with ENOMEM, late enough, and what was given back can be had again at once, even while
    the purge thread is busy with it.  With the region lookup each class has its part only."""
    part = 6 if library and "lookup-region" in library.name else 2

    def enter() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit * MIB, limit * MIB))

    status, said = run(fill, library, "refuse", 2 * limit, enter)
    assert status == 0, said
    first, again = map(int, said.split())
    assert first >= limit // part and again >= first * 8 // 10
