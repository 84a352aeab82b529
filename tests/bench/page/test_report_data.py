"""What the charts of report.html are made of, without a browser."""

from pathlib import Path

import pytest

from bench.lab.judge.cells import Cells
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.rows import FULL, larson, mid_large, tiny_hot
from bench.lab.select.variant import Variant
from bench.lab.page import charts, classes, looks


def variant(name: str, kind: str = "profile", link: str = "shared") -> Variant:
    return Variant(name, kind, link, {"bench_tiny_hot": Path("x")})


def table_of(numbers: dict[str, tuple[str, float, float]], reps: int = 3) -> Cells:
    """Name -> kind, operations a second, KiB at the peak; one row."""
    row = tiny_hot(32, 1)
    variants = [variant(name, kind) for name, (kind, _, _) in numbers.items()]
    runs = Runs([row], variants)
    for rep in range(reps):
        for one in variants:
            _, speed, peak = numbers[one.name]
            runs.add(Job(row, one, rep), Run("ok", ops_per_s=speed, peak_rss_kib=peak), "raw")
    return Cells(runs)


def test_front():
    """Slower is on it if leaner; equal in one and worse in the other is not; references never."""
    table = table_of({
        "fast": ("profile", 100, 50), "lean": ("peer", 10, 5), "between": ("peer", 50, 20),
        "beaten": ("peer", 40, 30), "same-peak": ("peer", 45, 20), "same-speed": ("peer", 100, 60),
        "null": ("reference", 900, 1),
    })
    assert table.front(table.rows[0]) == ["fast", "between", "lean"]


def test_rows_that_differ_in_threads_alone():
    found = charts.scaling([larson("3", 1), tiny_hot(32, 1), larson("3", 4), mid_large(2, 100),
                            larson("0.3", 8), mid_large(4, 200), larson("3", 2)])
    assert found == [{"title": "larson 3 8 128 1024 1 12345 T", "threads": [1, 2, 4],
                      "rows": [0, 6, 2]}]
    programs = {group["title"].split()[0] for group in charts.scaling(list(FULL))}
    assert programs == {"larson", "bench_mid_large_mt", "bench_prodcons"}


def test_ratios_are_to_the_base():
    table = table_of({"a": ("profile", 50, 1), "b": ("profile", 100, 1), "c": ("peer", 25, 1)})
    for base, ratios in (("a", [1, 2, 0.5]), ("b", [0.5, 1, 0.25])):
        (row,) = charts.chart_data(table, base)["rows"]
        assert [cell["ratio"][0] for cell in row["cells"]] == ratios
    assert charts.base_of(table, "system") == "a", "the first where the base was not measured"


def test_one_run_has_no_interval():
    (row,) = charts.chart_data(table_of({"a": ("profile", 5e6, 1)}, reps=1), "a")["rows"]
    assert row["cells"][0]["value"] == [5, None, None]


def test_few_of_many_variants_are_shown_at_first():
    numbers = {"hakmem": ("profile", 9, 9), "system": ("system", 9, 9), "mi": ("peer", 9, 9),
               "null": ("reference", 9, 9)}
    def shown(table):
        return [one["name"] for one in charts.chart_data(table, "system")["variants"]
                if one["main"]]
    assert shown(table_of(numbers)) == ["hakmem", "system", "mi"]
    many = {**numbers, **{f"hakmem-{i}": ("profile", 9, 9) for i in range(9)}}
    assert shown(table_of(many)) == ["hakmem", "system", "mi"]


def test_looks_differ():
    variants = [variant("hakmem"), *(variant(f"hakmem-{i}") for i in range(12)),
                *(variant(name, "peer") for name in ("mi", "je", "tc", "tbb", "x", "y", "z")),
                variant("system", "system"), variant("system+static", "system", "static")]
    found = looks.looks(variants)
    assert len({(look.family, look.colour, look.mark) for look in found.values()}) == len(variants)
    alone = looks.looks([variant("je", "peer")])
    assert alone["je"] == found["je"], "the usual peers look the same in every report"


def test_classes():
    found = classes.class_charts(["default", "header-classidx-on", "default", "none-of-this-name"])
    assert [chart["profiles"] for chart in found] == [["default"], ["header-classidx-on"]]
    for chart, header in zip(found, (0, 1)):
        sizes = chart["classes"]
        assert sizes[0][0] == 1
        assert all(high == block - header for _, high, block in sizes)
        assert all(before[1] + 1 == after[0] for before, after in zip(sizes, sizes[1:]))
        assert 0 < chart["mean"] < chart["worst"] < 100
    assert found[0]["mean"] == pytest.approx(5, abs=2)
