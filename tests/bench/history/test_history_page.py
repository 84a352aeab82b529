"""report.html of a history in headless Chromium: a line for each variant, its changes marked."""

import sys
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import Select

sys.path.insert(0, str(Path(__file__).absolute().parents[3]))

from bench.lab.history import history_page, judge, measurements, series  # noqa: E402
from bench.lab.history.series import Choice  # noqa: E402
from tests.bench.history import kept  # noqa: E402
from tests.bench.history.kept import LARSON, TINY  # noqa: E402
from tests.bench.page.browser import Page, browser  # noqa: E402,F401

DAYS, CHANGE = 24, 15
HOSTILE = "</script><script>boom()</script>"


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """Two rows; hakmem is slower from a day on; mi was not measured on the first day."""
    folder = tmp_path_factory.mktemp("page")
    for day in range(DAYS):
        kept.measurement(
            folder / "kept" / str(day), day, rows=[TINY, LARSON],
            speeds={name: speed for name, speed in kept.SPEEDS.items() if name != "mi" or day},
            factor=lambda row, name, day=day: 0.9 if name == "hakmem" and day >= CHANGE else 1,
            doubts=[] if day else ["something else is running"])
    found = measurements.gather([folder / "kept"])
    path = folder / "report.html"
    path.write_text(history_page.render(judge.judge(
        found.measurements, found.skipped,
        series.build(found.measurements, Choice([], [], []))), HOSTILE), encoding="utf-8")
    return path


@pytest.fixture
def page(browser, file) -> Page:  # noqa: F811
    opened = Page(browser, file, until="#measurements tbody tr")
    opened.draw_all()
    return opened


def points(page, label: str, index: int = 0) -> list[dict]:
    """What is drawn for each measurement of one line."""
    return page.js("""
        const [label, index] = arguments;
        const canvas = document.querySelectorAll("#time canvas")[index];
        const set = Chart.getChart(canvas).data.datasets.find(one => one.label === label);
        return set.data.map((value, i) => (
          {value, radius: set.pointRadius[i], colour: set.pointBackgroundColor[i]}));
        """, label, index)


def test_opens_without_an_error_and_loads_nothing(page):
    assert page.errors() == []
    assert page.js("return performance.getEntriesByType('resource').map(one => one.name)") == []
    assert page.all("h1")[0].text == HOSTILE


def test_a_line_for_each_variant_in_each_row(page):
    titles = [one.text for one in page.all("#time figcaption")]
    assert titles == [" ".join(TINY), " ".join(LARSON)]
    for index in range(2):
        labels = page.js("""
            return Chart.getChart(document.querySelectorAll("#time canvas")[arguments[0]])
              .data.datasets.map(set => set.label)""", index)
        assert labels == ["hakmem", "mi"], "system relative to itself is nothing"
        drawn = [one["value"] for one in points(page, "hakmem", index)]
        assert len(drawn) == DAYS
        assert drawn[:CHANGE] == pytest.approx([3] * CHANGE, rel=0.06)
        assert drawn[CHANGE:] == pytest.approx([2.7] * (DAYS - CHANGE), rel=0.06)
    assert points(page, "mi")[0]["value"] is None


def test_the_change_is_marked(page):
    drawn = points(page, "hakmem")
    radius = [one["radius"] for one in drawn]
    assert [i for i, one in enumerate(radius) if one > min(radius)] == [CHANGE]
    assert drawn[CHANGE]["colour"] == page.js("return ink('bad')")
    assert len({one["radius"] for one in points(page, "mi")}) == 1
    words = page.js("""
        const chart = Chart.getChart(document.querySelector("#time canvas"));
        chart.tooltip.setActiveElements([{datasetIndex: 0, index: arguments[0]}], {x: 1, y: 1});
        chart.update();
        return [...chart.tooltip.title, ...chart.tooltip.body[0].after].join(" ")""", CHANGE)
    assert words.startswith(kept.name(CHANGE)) and "slower by 1" in words
    assert words.endswith(f"after {kept.name(CHANGE - 1)}")


def test_another_measure_is_chosen(page):
    Select(page.all("#time select")[0]).select_by_visible_text("peak RSS")
    assert [one["value"] for one in points(page, "system")] == [pytest.approx(9.76562)] * DAYS
    Select(page.all("#time select")[0]).select_by_value("plain")
    assert points(page, "system")[0]["value"] == pytest.approx(30, rel=0.15)


def test_tables(page):
    assert [one.text for one in page.all("#changes h3")] == [
        f"Between {kept.name(CHANGE - 1)} and {kept.name(CHANGE)}"]
    assert page.column("#changes", 1) == ["hakmem", "hakmem"]
    assert page.column("#tables", 0) == ["hakmem", "system", "mi"] * 2
    assert len(page.column("#measurements", 0)) == DAYS
    assert page.column("#measurements", 5) == [""] * (DAYS - 1) + ["something else is running"]


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_nothing_sticks_out(page, width):
    if width == "phone":
        page.phone()
    page.draw_all()
    assert page.js("return document.documentElement.scrollWidth <= innerWidth")
