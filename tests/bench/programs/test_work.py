"""Every allocator has the same work to do: a program's operations follow from its arguments.

The binaries are those of the variants below; run from source, where Bazel left them."""

import shlex
import subprocess
from pathlib import Path

import pytest

from bench.lab.select import rows
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

BIN = Path("." if Path("larson_system").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin")
VARIANTS = [
    Variant(name, kind, "shared", {program: BIN / f"{program}_{name}" for program in PROGRAMS})
    for name, kind in (("system", "system"), ("hakmem", "profile"), ("null", "reference"),
                       ("floor", "reference"))
]
# larson runs for a time.
COUNTED = [program for program in PROGRAMS if program != "larson"]
ONE_THREAD = {row.program for row in rows.FULL if row.threads == 1}


def operations(binary: Path, args: str) -> int:
    done = subprocess.run([binary, *args.split()], capture_output=True, text=True, timeout=20,
                          check=True)
    (result,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    fields = dict(word.split("=", 1) for word in shlex.split(result)[1:])
    return int(fields["ops"])


def able(variant: Variant, program: str) -> bool:
    row = Row(program, (), 1 if program in ONE_THREAD else 2, "")
    return variant.why_not(row) is None


@pytest.mark.parametrize("program", COUNTED)
def test_same_operations(program):
    able_ones = [variant for variant in VARIANTS if able(variant, program)]
    assert len(able_ones) >= 2
    ops = {variant.name: operations(variant.binaries[program], PROGRAMS[program].sanity)
           for variant in able_ones}
    again = operations(able_ones[0].binaries[program], PROGRAMS[program].sanity)
    assert again > 0
    assert set(ops.values()) == {again}, ops


@pytest.mark.parametrize("program", [name for name, program in PROGRAMS.items()
                                     if program.amount is not None])
def test_twice_the_work_is_twice_the_operations(program):
    row = rows.sanity_row(program)
    once, twice = (operations(BIN / f"{program}_system", shlex.join(args))
                   for args in (row.args, row.arguments(1)))
    assert twice == pytest.approx(2 * once, rel=0.1)


def test_every_program_has_a_row_and_a_sanity_run():
    assert {row.program for row in rows.FULL} == set(PROGRAMS)
    assert {row.program for row in (*rows.QUICK, *rows.QUICK_BY_NAME)} == set(PROGRAMS)
