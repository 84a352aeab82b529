"""The blocks of a program at its peak, as the header study counts them."""

import shutil
import subprocess
import sys

import pytest

from bench.lab.header.peak import MOST, peak_of
from bench.lab.header.recorded import PROGRAMS
from bench.lab.run import recorded_program
from bench.lab.run.recorded_program import NotRecorded
from bench.lab.select.real_programs import RealProgram
from gen.record import reader


@pytest.fixture
def record(tmp_path):
    """Runs a shell command as a real program whose process is called so."""
    def run(command: str, process: str, timeout: float = 60, **env: str):
        program = RealProgram("it", "", ("sh",), process, lambda *_: command, env)
        return reader.load(recorded_program.record(program, 0, tmp_path, timeout))

    return run


KNOWN = """\
#include <stdlib.h>
static void take(int n, size_t size)
{
    while (n--)
        if (!malloc(size))
            abort();
}
int main(void)
{
    take(11, 5000), take(7, 5008), take(2, 5009), take(1, 32768), take(1, 32769), take(1, 1 << 20);
    return 0;
}
"""


def test_blocks_by_the_classes_that_they_take(record, tmp_path):
    """A header moves multiples of 16 up a class, and no other size."""
    (tmp_path / "known.c").write_text(KNOWN)
    subprocess.run(["gcc", "-fno-builtin", "-o", tmp_path / "known", tmp_path / "known.c"],
                   check=True)
    peak = peak_of(record(f"{tmp_path}/known", "known"))
    assert {size: n for size, n in peak.sizes.items() if size >= 4096} == {
        5007: 11, 5008: 7, 5023: 2, MOST: 1}
    assert (peak.larger, peak.larger_bytes) == (2, MOST + 1 + (1 << 20))
    assert peak.bytes >= 11 * 5000 + 7 * 5008 + 2 * 5009 + MOST
    assert (peak.process, peak.calls) == ("known", 23)


def test_a_python_program(tmp_path, record):
    """500 objects more of one size are 500 blocks more, whatever else Python asks for."""
    def blocks(n: int) -> int:
        code = f"kept = [bytes(7000) for _ in range({n})]"
        peak = peak_of(record(f"{sys.executable} -S -c '{code}'", f"range({n})",
                              PYTHONMALLOC="malloc"))
        shutil.rmtree(tmp_path / "work")
        shutil.rmtree(tmp_path / "recordings")
        return peak.sizes[7039]

    assert blocks(501) - blocks(1) == pytest.approx(500, rel=0.03)  # as exact as recordings are


@pytest.mark.parametrize("command, why", [
    ("echo first >&2; echo last >&2; exit 3", "exit status 3: last"),
    ("kill -9 $$", "signal 9"),
    ("true", "no process called other was recorded"),
])
def test_no_recording(record, command, why):
    with pytest.raises(NotRecorded) as error:
        record(command, "other")
    assert str(error.value) == why


def test_a_program_that_does_not_end(record):
    with pytest.raises(NotRecorded, match="^no end within 0.2 s$"):
        record("exec sleep 60", "sleep", timeout=0.2)


def test_a_program_that_is_not_there(tmp_path):
    program = RealProgram("x", "", ("hakmem-no-such-program",), "x", lambda *_: "true")
    with pytest.raises(NotRecorded, match="^hakmem-no-such-program not installed$"):
        recorded_program.record(program, 0, tmp_path)


@pytest.mark.parametrize("name, process", [
    ("python3", "python3"), ("bash", "bash"), ("gcc", "cc1"), ("awk", "gawk")])
def test_loads_are_what_they_say(tmp_path, name, process):
    program = PROGRAMS[name]
    if program.missing:
        pytest.skip(f"{program.missing[0]} is not installed")
    peak = peak_of(reader.load(recorded_program.record(program, 0, tmp_path)))
    assert sum(peak.sizes.values()) > 5000
    assert peak.process == process
