"""What a layout is drawn from: its number and the names of functions, and nothing else."""

import re

import pytest

from bazel.bench import relink

NAMES = {f".text.f{number}" for number in range(200)}
USUAL = """\
SECTIONS
{
  .text           :
  {
    *(.text .text.*)
  }
  .rodata         : { *(.rodata .rodata.*) }
  .data           :
  {
    *(.data .data.*)
  }
  .bss            :
  {
   *(.bss .bss.*)
  }
}
"""


def order(drawn: list[str]) -> list[str]:
    return [line[2:-1] for line in drawn if line.startswith("*(")]


def gaps(drawn: list[str]) -> list[int]:
    return [int(match[1]) for line in drawn if (match := re.fullmatch(r"\. \+= (\d+);", line))]


def test_a_layout_is_always_the_same():
    assert relink.lines(1, "text", NAMES) == relink.lines(1, "text", set(sorted(NAMES)[::-1]))
    assert relink.lines(1, "text", NAMES) != relink.lines(2, "text", NAMES)


def test_every_function_once():
    assert sorted(order(relink.lines(7, "text", NAMES))) == sorted(NAMES)


def test_one_more_function_leaves_the_order_of_the_others():
    more = order(relink.lines(3, "text", NAMES | {".text.new"}))
    assert [name for name in more if name != ".text.new"] == order(relink.lines(3, "text", NAMES))


def test_gaps():
    """Functions begin at each multiple of 16 within a line; the first of all anywhere in a page."""
    first, *between = gaps(relink.lines(1, "text", NAMES))
    assert set(between) == {0, 16, 32, 48} and len(between) == len(NAMES)
    starts = {gaps(relink.lines(layout, "text", set()))[0] for layout in range(1, 200)}
    assert first in starts and len(starts) > 100 and max(starts) < 4096
    assert all(start % 16 == 0 for start in starts)
    starts = [tuple(gaps(relink.lines(1, section, set()))) for section in relink.DRAWN]
    assert len(set(starts)) == len(starts)


def test_functions_that_rarely_run_stay_apart():
    rare = {f".text.unlikely.{number}" for number in range(20)} | {".text.startup.main"}
    drawn = order(relink.lines(1, "text", NAMES | rare))
    assert set(drawn[:20]) == rare - {".text.startup.main"} and drawn[20] == ".text.startup.main"


def test_each_section_has_its_own():
    made = relink.script(1, USUAL, {".text.f", ".rodata.table", ".data.one", ".bss.two"})
    for section, name in (("text", "f"), ("rodata", "table"), ("data", "one"), ("bss", "two")):
        start = made.index(f"  .{section} ")
        assert start < made.index(f"*(.{section}.{name})") < made.index(f"*(.{section} .{section}.*)")


def test_another_linker_is_refused():
    with pytest.raises(relink.LinkError, match="one section .rodata; is the linker GNU ld"):
        relink.script(1, USUAL.replace("  .rodata ", "  .constants "), set())


def test_a_linker_that_fails_is_shown(capsys):
    assert relink.main(["0", "out", "--", "sh", "-c", "echo no such object >&2; exit 3"]) == 1
    assert "exit status 3\nno such object" in capsys.readouterr().err
    assert relink.main(["0", "out", "--", "true"]) == 1
    assert "should print its script" in capsys.readouterr().err
