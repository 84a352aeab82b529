"""Verdicts follow from the runs, and the document from the verdicts."""

import math
import re

import pytest

from bench.lab.header import document, lookups
from bench.lab.header.rounding import Mix, rounding
from bench.lab.header.rows import PROFILES, Group, groups
from bench.lab.run.runs import Run, Runs
from bench.lab.judge import pairs
from bench.lab.run.schedule import Job
from bench.lab.select import rows
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

REPS = 12  # so that two lookups in two rows, and one in a third, can be sure of both measures
ABOUT = {
    "reps": REPS, "seed": 1, "build": {},
    "machine": {"cpu": "a processor", "cores": 2, "memory_mib": 9, "kernel": "k", "libc": "l",
                "gcc": "g"},
}
VARIANTS = {lookup: Variant(f"hakmem-{profile}", "profile", "shared", {}, profile)
            for lookup, profile in PROFILES.items()}
GROUPS = (
    Group("first group", (Row("bench_one", ("1",), 1, "load one"),
                          Row("bench_two", ("2",), 1, "load two"))),
    Group("second group", (Row("bench_three", ("3",), 1, "load three"),)),
)
# Program -> lookup -> operations a second, KiB; each varies by a percent or so.
RUNS = {
    "bench_one": {"header": (200, 50), "map": (100, 100), "region": (50, 200)},
    "bench_two": {"header": (60, 100), "map": (100, 100), "region": (100, 100)},
    "bench_three": {"header": (100, 300), "map": (100, 100)},
}


def judged(runs: Runs) -> pairs.Pairs:
    """Against the page map, which comes first."""
    runs.variants = sorted(runs.variants, key=lambda one: one is not VARIANTS["map"])
    return pairs.judge(runs)


@pytest.fixture
def compared():
    runs = Runs([row for group in GROUPS for row in group.rows], list(VARIANTS.values()))
    for group in GROUPS:
        for row in group.rows:
            for lookup, (speed, peak) in RUNS[row.program].items():
                for rep in range(1, REPS + 1):
                    wobble = 1 + 0.002 * ((rep * 7 + len(lookup) * 5) % 3 - 1)
                    run = Run("ok", 1, 1, speed * wobble * 1e6, peak * 1024 * wobble, 1)
                    runs.add(Job(row, VARIANTS[lookup], rep), run, "raw")
    return lookups.against_map(judged(runs), runs, GROUPS, VARIANTS)


def render(compared, models, **changes) -> str:
    mixes = [rounding(Mix("a program", "its load", {16: 10, 40: 5}), models)]
    inputs = {"programs": mixes, "extremes": mixes, "skipped": {}, "about": ABOUT, **changes}
    return document.render(compared, models=models, **inputs)


def lines_of(text: str, title: str) -> dict[str, list[str]]:
    """The table under the heading: first three cells -> the others."""
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in section.splitlines() if line.startswith("|")]
    return {" ".join(line[:3]): line[3:] for line in cells}


@pytest.mark.parametrize("ratio, noise, says", [
    (1.1, 0.001, "faster"), (0.9, 0.001, "slower"), (1.01, 0.1, "not known"),
    (1.0, 0.001, "same"),
])
def test_verdict(ratio, noise, says):
    row, words = GROUPS[0].rows[0], {"faster": "more", "slower": "less"}
    runs = Runs([row], [VARIANTS["map"], VARIANTS["header"]])
    for rep in range(1, REPS + 1):
        for lookup, mean in (("map", 1), ("header", ratio)):
            value = mean * (1 + noise * math.sin(rep * (7 + len(lookup))))
            runs.add(Job(row, VARIANTS[lookup], rep), Run("ok", 1, 1, value, value, 1), "raw")
    (one,) = lookups.against_map(judged(runs), runs, (Group("one", (row,)),),
                                 {name: VARIANTS[name] for name in ("map", "header")})
    assert one.speed["header"].verdict == says
    assert one.peak["header"].verdict == words.get(says, says)


def test_comparisons(compared):
    one, two, three = compared
    assert [each.group for each in compared] == ["first group"] * 2 + ["second group"]
    assert (one.speed["header"].verdict, one.speed["region"].verdict) == ("faster", "slower")
    assert (one.peak["header"].verdict, one.peak["region"].verdict) == ("less", "more")
    assert (two.speed["header"].verdict, two.speed["region"].verdict) == ("slower", "same")
    assert one.speed["map"].ratio is None and one.speed["map"].value == 100
    assert three.speed["region"] == lookups.LookupCell(None, None, None)


def test_the_tables(compared, models):
    text = render(compared, models)
    speed = lines_of(text, "Speed")["first group one load one"]
    assert speed[0] == "100.0" and speed[1] == "2.000"
    assert (speed[3], speed[6]) == ("faster", "slower")
    assert lines_of(text, "Speed")["second group three load three"][4:] == ["-", "-", "no numbers"]
    peak = lines_of(text, "Memory at the peak")["first group one load one"]
    assert peak[:4] == ["50.00", "100.00", "200.00", "0.500"]
    assert (peak[5], peak[8]) == ("less", "more")


def test_rows_of_one_size_show_their_blocks(models):
    row = rows.tiny_hot(64, 1)
    runs = Runs([row], list(VARIANTS.values()))
    compared = lookups.against_map(judged(runs), runs, (Group("one", (row,)),), VARIANTS)
    assert f"| tiny_hot | {row.load} | 80 | 64 |" in render(compared, models)


def test_the_conclusions(compared, models):
    text = render(compared, models)
    header, region = text.split("## Where each wins")[1].split("## Speed")[0].split("### region")
    assert "| first group | one: load one (2.00) | two: load two (0.60) | none | none |" in header
    assert "Over 3 rows the speed of header is" in header
    assert "lowest 0.600 (load two), highest 2.000 (load one)" in header
    assert "| first group | none | one: load one (0.50) | two: load two (1.00) | none |" in region
    assert "| second group | none | none | none | none |" in region
    assert "Over 2 rows the speed of region is" in region
    assert "header takes more than map in:\n\n- three: load three (3.00)\n" in text
    assert "Without numbers for every lookup" in text and "\n- three: load three\n" in text


def test_the_rounding_tax(compared, models):
    text = render(compared, models)
    # 10 blocks of 16 bytes move to 32; those of 40 stay in 48.
    assert "In classes the tax of the 1 programs is between 40.0 % (a program)" in text
    assert ("| a program | its load | 15 | 0 | 0 | 35.7 | 10.0 | 10.0 | 67 | 40.0 | 40.0 | 40.0 |"
            in text)


def test_programs_that_were_left_out(compared, models):
    text = render(compared, models, programs=[], skipped={"git": "not installed"})
    assert "Left out:\n\n- git: not installed\n" in text
    assert "In classes the tax of" not in text
    assert "Left out" not in render(compared, models)


def test_short_runs_are_no_conclusion(compared, models):
    assert "too short for conclusions" in render(compared, models, quick=True)
    assert "too short for conclusions" not in render(compared, models)


def test_one_run_has_no_interval(models):
    row = GROUPS[1].rows[0]
    runs = Runs([row], list(VARIANTS.values()))
    for variant in VARIANTS.values():
        runs.add(Job(row, variant, 1), Run("ok", 1, 1, 1e6, 1024), "raw")
    text = render(lookups.against_map(judged(runs), runs, GROUPS[1:], VARIANTS), models)
    assert lines_of(text, "Speed")["second group three load three"][1:4] == [
        "1.000", "too few runs", "too few"]
    assert "**Some rows have too few rounds for a verdict, or runs that failed.**" in text
    assert "| the same | not known | too few runs | lost runs |" in text


def test_the_words_hold_no_results():
    """No number is part of the template's text: what is measured comes from the runs."""
    template = (document.Path(document.__file__).parent / document.TEMPLATE)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(encoding="utf-8"))
    text = text.split("## Once more")[0].replace("`p[-1]`", "")
    assert re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?! %)", text) == ["1", "1"]  # "above 1"


def test_tables_are_whole(compared, models):
    widths = None
    for line in render(compared, models).splitlines():
        if line.startswith("|"):
            cells = line.count("|")
            assert widths in (None, cells), line
            widths = cells
        else:
            widths = None


def test_rows_differ_and_quick_ones_are_the_same_programs():
    full = [row for group in groups() for row in group.rows]
    quick = [row for group in groups(quick=True) for row in group.rows]
    assert len({row.key for row in full}) == len(full)
    assert [(row.program, row.load) for row in full] == [(row.program, row.load) for row in quick]
