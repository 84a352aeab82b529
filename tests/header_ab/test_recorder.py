"""bench/sizes.c counts exactly; header_record finds the process and says why there is no record."""

import sys

import pytest

from bench.lab.header import programs as header_programs, record as header_record
from bench.lab.header.programs import Program
from bench.lab.header.record import MOST, NotRecorded


@pytest.fixture
def record(recorder):
    def run(*command: str, timeout: float = 60, **env: str):
        program = Program(command[0], "", lambda _: [list(command)], env)
        return header_record.record(program, recorder, timeout)

    return run


def test_every_function_is_counted_at_the_peak(record, known_sizes):
    one = record(known_sizes, "plain")
    assert one.process == "known_sizes"
    assert one.sizes == {100: 11, 300: 2, 48: 1, 256: 1, 33: 1}
    assert (one.larger, one.larger_bytes) == (1, 100000)
    assert one.calls == 10 + 1 + 2 + 1 + 1 + 1 + 1 + 1 + 50


def test_threads_lose_no_block(record, known_sizes):
    assert record(known_sizes, "threads").sizes[1111] == 4 * 1000


def test_a_child_of_fork_starts_with_its_parents_blocks(record, known_sizes):
    assert record(known_sizes, "fork").sizes == {777: 1, 888: 1}  # the child has more in use


def test_the_largest_size_of_its_own(record, known_sizes):
    one = record(known_sizes, "edge")
    assert one.sizes == {0: 1, MOST: 1}
    assert (one.larger, one.larger_bytes) == (1, MOST + 1)


def test_a_python_program(record):
    """500 objects of one size more in use is 500 blocks more, whatever else Python asks for."""
    def blocks(n: int) -> int:
        return record(sys.executable, "-S", "-c", f"kept = [bytes(7000) for _ in range({n})]",
                      PYTHONMALLOC="malloc").sizes[7033]

    assert blocks(501) - blocks(1) == 500


@pytest.mark.parametrize("command, why", [
    (["hakmem-no-such-program"], "not installed"),
    (["sh", "-c", "echo first >&2; echo last >&2; exit 3"], "sh: exit status 3: last"),
    (["sh", "-c", "kill -9 $$"], "sh: signal 9"),
    (["sh", "-c", "exec env -u HAKMEM_SIZES true"],
     "left no record: linked statically, or ended without exit"),
])
def test_no_record(record, command, why):
    with pytest.raises(NotRecorded) as error:
        record(*command)
    assert str(error.value) == why


def test_a_program_that_does_not_end(record):
    with pytest.raises(NotRecorded, match="^sleep: no end within 0.2 s$"):
        record("sleep", "60", timeout=0.2)


@pytest.mark.parametrize("text", ["", "{}", '{"sizes": []}'])
def test_a_record_that_cannot_be_read(tmp_path, text):
    (tmp_path / "of.7").write_text(text)
    with pytest.raises(NotRecorded, match="^of.7: not a readable record"):
        header_record.read(tmp_path / "of.7")


@pytest.mark.parametrize("name", ["python3", "bash"])
def test_loads_are_what_they_say(recorder, name):
    (program,) = [one for one in header_programs.PROGRAMS if one.shown == name]
    one = header_record.record(program, recorder)
    assert sum(one.sizes.values()) > 5000
    assert one.process.startswith(name[:4])


def test_names_in_tables_differ():
    names = [program.shown for program in header_programs.PROGRAMS]
    assert len(set(names)) == len(names)
