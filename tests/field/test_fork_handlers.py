"""Fork handlers that allocate, registered before hakmem's and after them; one that forks itself, and
one that waits for a thread which allocates."""

import subprocess
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import INSTALLED, compiled

SECONDS = 60
NONE = "0 hung, 0 died"
KINDS = {"by a constructor": {}, "late": {"HANDLERS_LATE": "1"}, "one forks": {"HANDLERS_FORK": "1"}}
# Where hakmem's handlers are the innermost ones, as in a library that is preloaded.
WAITING = {f"{name}, one waits": {**kind, "HANDLERS_WAIT": "1"} for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def handlers(folder) -> Path:
    return compiled(folder / "libhandlers.so", "handlers.c", "-shared", "-fPIC", "-pthread")


@pytest.fixture(scope="module")
def handled(folder, handlers) -> Path:
    return compiled(folder / "handled", "handled.c", handlers, f"-Wl,-rpath,{folder}", "-pthread")


@pytest.fixture(params=list(KINDS))
def kind(request) -> dict[str, str]:
    return KINDS[request.param]


def run(command: list, library: Path | None, kind: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment(library, **kind), capture_output=True,
                          text=True, timeout=SECONDS)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, NONE, "")


@pytest.mark.parametrize("how", [*KINDS, *WAITING])
def test_preloaded(handled, any_library, how):
    run([handled], any_library, {**KINDS, **WAITING}[how])


def test_opened_at_run_time(handled, library, kind):
    run([handled, library], None, kind)


def test_linked_static(folder, handlers, profile, kind):
    """The constructors of a library run before those of the program, which hakmem is a part of."""
    program = folder / f"handled-{profile}"
    if not program.exists():
        compiled(program, "handled.c", "-Wl,--whole-archive", INSTALLED / profile / "libhakmem.a",
                 "-Wl,--no-whole-archive", handlers, f"-Wl,-rpath,{folder}", "-pthread")
    run([program], None, kind)
