"""What stays resident that nobody uses: when a program rests, works, has locked its memory, or
lives with a clock that is not the kernel's."""

import os
import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import LIBRARIES, compiled

KEPT_KIB = 32 << 10
KEPT_OF_ROUNDS_KIB = 80 << 10  # by a program with one thread, which may go on
LOCK_LIMIT = 64 << 20
NOBODY = 65534
SECONDS = 60


@pytest.fixture(scope="module")
def resident(folder) -> Path:
    return compiled(folder / "resident", "resident.c", "-pthread")


@pytest.fixture(scope="module")
def clock(folder) -> Path:
    return compiled(folder / "clock.so", "clock.c", "-shared", "-fPIC")


def kib(command: list, *preload: Path | None, **more: str) -> list[int]:
    done = subprocess.run(command, env=environment(*preload, **more), capture_output=True,
                          text=True, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return [int(word) for word in done.stdout.split()]


@pytest.fixture(scope="module")
def usual(resident) -> int:
    """KiB of the program at rest under the C library's malloc."""
    return kib([resident, "burst"])[0]


def too_much(most: int, *cases: tuple) -> list[str]:
    """What was said beyond `most` by the cases, commands with their libraries and a clock, which
    run at once."""
    with ThreadPoolExecutor(len(cases)) as pool:
        said = list(pool.map(lambda case: kib(*case[:3], CLOCK_KIND=case[3]), cases))
    return [f"{case[0][1]} {case[3]}: {now} KiB" for case, (now, *_) in zip(cases, said)
            if now > most]


def test_at_rest(resident, usual, library):
    assert too_much(usual + KEPT_KIB, ([resident, "burst"], library, None, ""),
                    ([resident, "burst-threads"], library, None, "")) == []


def test_at_rest_after_rounds(resident, usual, library):
    assert too_much(usual + KEPT_OF_ROUNDS_KIB, ([resident, "bursts"], library, None, "")) == []


def test_temporaries_of_rising_size(resident, any_library):
    """What was freed serves the next request, though larger, or is given back."""
    assert kib([resident, "rising"], any_library)[0] <= KEPT_KIB


def test_clocks_of_somebody_else(resident, usual, clock, library):
    assert too_much(usual + KEPT_KIB, *(
        ([resident, how], clock, library, kind)
        for how in ("burst", "burst-threads") for kind in ("still", "allocates"))) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may lock that much")
def test_locked_memory_is_given_back(resident, usual, library):
    assert too_much(usual + 2 * KEPT_KIB, ([resident, "locked"], library, None, ""),
                    ([resident, "locked-threads"], library, None, "")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without the right")
def test_locking_within_a_limit(folder, any_library):
    """A small program locks all its memory, and works on: within 64 MiB, or the 8 MiB that systems
    grant everybody, if there the tests may not have more."""
    program = compiled(folder / "lock", "lock.c", "-pthread")
    most = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    limit = LOCK_LIMIT if most == resource.RLIM_INFINITY else min(most, LOCK_LIMIT)
    if limit < LOCK_LIMIT and any_library == LIBRARIES["lookup-region"]:
        pytest.skip("each class has pages and a table of its own, together some 10 MiB")

    def enter() -> None:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, limit))

    done = subprocess.run([program, str(NOBODY)], env=environment(any_library), preexec_fn=enter,
                          capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "locked\n", "")
