"""report.html in headless Chromium: opens from disk, shows everything, sorts, draws, prints."""

import base64
import json
import re
import sys
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

sys.path.insert(0, str(Path(__file__).absolute().parents[3]))

from bench.lab.judge import matrix  # noqa: E402
from bench.lab.judge.matrix import Matrix  # noqa: E402
from bench.lab.page import matrix_page  # noqa: E402
from bench.lab.run.runs import Run, Runs  # noqa: E402
from bench.lab.run.schedule import Job  # noqa: E402
from bench.lab.select.rows import larson, random_mixed, tiny_hot  # noqa: E402
from bench.lab.select.variant import Variant  # noqa: E402
from tests.bench.page.browser import Page, browser  # noqa: E402,F401

ROWS = [larson("0.3", 1), larson("0.3", 2), larson("0.3", 4), random_mixed(6_000_000, 400),
        tiny_hot(32, 300_000)]
# Name -> kind, profile, M ops/s, peak RSS in MiB
VARIANTS = {
    "hakmem": ("profile", "default", 90, 20),
    "hakmem-low-rss": ("profile", "low-rss", 60, 10),
    "hakmem-header-classidx-on": ("profile", "header-classidx-on", 80, 25),
    "system": ("system", None, 30, 12),
    "mi": ("peer", None, 75, 40),
    "null": ("reference", None, 300, 5),
}
REPS = 7
HOSTILE = "</script><script>boom()</script><!-- <b>&"


def measured() -> Matrix:
    """Speeds in the proportions of VARIANTS; latencies in one row; one run failed."""
    variants = [Variant(name, kind, "shared", {row.program: Path("x") for row in ROWS}, profile)
                for name, (kind, profile, _, _) in VARIANTS.items()]
    runs = Runs(ROWS, variants)
    for rep in range(1, REPS + 1):
        for place, row in enumerate(ROWS):
            for variant in variants:
                _, _, speed, peak = VARIANTS[variant.name]
                latency = 1000 / speed if row.program == "bench_tiny_hot" else 0
                run = Run("ok", 1000, 0.5, speed * 1e6 * (place + 1) * (1 + 0.01 * rep),
                          peak * 1024, 5000, 7, 0.25, 0.125, latency, 2 * latency,
                          30 * latency, 900 * latency)
                if (variant.name, rep, place) == ("mi", 2, 0):
                    run = Run("ended by signal 11")
                runs.add(Job(row, variant, rep), run, f"raw/{row.key}-{variant.name}-{rep}.out")
    return matrix.judge(runs)


ABOUT = {
    "command": f"bazel run //bench:matrix -- --out {HOSTILE}",
    "started": "2020-01-01T00:00:00+00:00",
    "machine": {"cpu": "Some CPU", "cores": 2, "kernel": "6.1", "gcc": "gcc 12", "governor": None,
                "packages": {"libc6": "2.36"}},
    "load_before": [0.1, 0.2, 0.3], "load_after": [1.0, 0.5, 0.3], "steal_percent": 0.0,
    "doubts": ["something else is running"], "affinity": [0, 1], "profiles": {"default": "ab12"},
    "build": {"copts": ["-O2"]}, "rows": [f"{row.program} {row.params}" for row in ROWS],
    "variants": list(VARIANTS), "missing": [{"name": "je", "package": "libjemalloc-dev"}],
    "reps": REPS, "seed": 1, "interrupted": False,
    "layouts": {"links": 32, "fixed_programs": [], "fixed_allocators": ["system"]},
}


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(matrix_page.render(measured(), ABOUT, []), encoding="utf-8")
    return path


@pytest.fixture
def page(browser, file) -> Page:
    return Page(browser, file, until="#runs tbody tr")


def test_opens_without_an_error_and_loads_nothing(page):
    page.draw_all()
    assert page.errors() == []
    assert page.js("return performance.getEntriesByType('resource').map(one => one.name)") == []


def test_an_error_would_be_seen(page):
    """The test above can fail: an image is asked for, and the page's policy forbids it."""
    page.js("document.body.append(Object.assign(new Image(), {src: 'https://example.org/'}))")
    WebDriverWait(page.driver, 10).until(
        lambda _: any("Content Security Policy" in error for error in page.errors()))


def test_text_from_outside_is_no_markup(page):
    assert page.all("h1")[0].text == ABOUT["command"]
    assert HOSTILE not in matrix_page.render(measured(), ABOUT, [])


def test_shows_every_row_variant_and_run(page):
    heads = [one.text for one in page.all("#tables h3")]
    for index, row in enumerate(ROWS):
        assert f"{row.program} {row.params}" in heads
        assert sorted(VARIANTS) == sorted(page.column(f"#row-{index} + p + .wide", 0))
    page.js("document.querySelector('.legend').open = true")
    names = [label.text.split()[-1] for label in page.all(".chip")]
    assert names == list(VARIANTS)
    runs = list(zip(*(page.column("#runs", i) for i in (0, 1, 2, 3))))
    assert len(runs) == len(set(runs)) == len(ROWS) * len(VARIANTS) * REPS
    assert set(runs) == {(row.program, row.params, name, str(rep)) for row in ROWS
                         for name in VARIANTS for rep in range(1, REPS + 1)}
    assert page.column("#runs", 4).count("ended by signal 11") == 1


def test_shows_the_circumstances(page):
    text = page.all("#circumstances")[0].text
    for word in ("Some CPU", "libc6", "2.36", "-O2", "larson 0.3 8 128 1024 1 12345 4",
                 "hakmem-low-rss", "libjemalloc-dev", "ab12", "something else is running"):
        assert word in text


def test_a_head_sorts(page):
    before = page.column("#runs", 5)
    head = page.head("#runs", "ops_per_s")
    page.click(head.find_element(By.TAG_NAME, "button"))
    down = page.column("#runs", 5)
    numbers = [float(word) for word in down if word]
    assert head.get_attribute("aria-sort") == "descending"
    assert numbers == sorted(numbers, reverse=True) and len(numbers) == len(before) - 1
    assert down[-1] == "" and sorted(down) == sorted(before), "what is empty is last"
    head.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    up = page.column("#runs", 5)
    assert head.get_attribute("aria-sort") == "ascending"
    assert [float(word) for word in up if word] == sorted(numbers) and up[-1] == ""


def test_numbers_with_marks_and_units_sort_as_numbers(page):
    table = "#classes"
    page.click(page.head(table, "mean waste").find_element(By.TAG_NAME, "button"))
    numbers = [float(word.removesuffix(" %")) for word in page.column(table, 3)]
    assert len(numbers) >= 2 and numbers == sorted(numbers, reverse=True)
    page.js("""
        const rows = ["1.02=", "2.30?", "9.1..12", "", "10.50", "one run", ">= 2.00", "1,000"];
        document.querySelector("#classes tbody").innerHTML =
          rows.map(word => `<tr><td></td><td>${word}</td></tr>`).join("")""")
    page.click(page.head(table, "classes").find_element(By.TAG_NAME, "button"))
    assert page.column(table, 1) == ["1,000", "10.50", "9.1..12", "2.30?", ">= 2.00", "1.02=", "one run", ""]


def test_lines_of_the_runs_can_be_chosen(page):
    page.all("#runs input")[0].send_keys("tiny low-rss")
    assert len(page.all("#runs tbody tr:not([hidden])")) == REPS


def test_charts_are_drawn(page):
    """Each has pixels of more than one colour; those of ratios show the variant's own."""
    page.draw_all()
    for figure in page.all("figure:not(.empty)"):
        colours = page.js("""
            const canvas = arguments[0].querySelector("canvas");
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const found = {};
            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] === 255) {
                const colour = [data[i], data[i + 1], data[i + 2]].join();
                found[colour] = (found[colour] ?? 0) + 1;
              }
            }
            return found""", figure)
        name = figure.get_attribute("data-chart")
        assert len(colours) > 1, name
        if name != "classes":
            assert colours.get("47,111,237", 0) > 20, name  # of hakmem


def test_charts_show_the_numbers(page):
    page.draw_all()
    ratios = dict(page.chart("ratios"))
    assert set(ratios) == {"hakmem", "hakmem-low-rss", "hakmem-header-classidx-on", "mi"}
    dots = [x for x, y in ratios["hakmem"] if x is not None]
    assert dots == pytest.approx([3.0] * 3 * len(ROWS))
    curve = dict(page.chart("scaling"))
    assert curve["hakmem"] == pytest.approx([90 * 1.04, 180 * 1.04, 270 * 1.04])
    assert [label for label, _ in page.chart("classes")] == ["worst", "mean", "every request"]
    profiles = ", ".join(one.text for one in page.all("#classes figcaption")).split(", ")
    assert sorted(profiles) == ["default", "header-classidx-on", "low-rss"]


def test_a_load_is_chosen(page):
    page.draw_all()
    points = dict(page.chart("load-memory"))
    assert points["hakmem"] == [[20, pytest.approx(90 * 1.04)]]
    # slower and larger than another one: system, and with the header; not leaner: mi
    assert [x for x, _ in points["front"]] == [10, 20]
    assert page.all("[data-chart=load-latency].empty"), "this load has no latencies"
    Select(page.all("#load select")[0]).select_by_index(4)
    assert dict(page.chart("load-memory"))["hakmem"] == [[20, pytest.approx(450 * 1.04)]]
    page.js("document.querySelector('[data-chart=load-latency]').scrollIntoView()")
    curve = dict(page.chart("load-latency"))["hakmem"]
    assert curve == pytest.approx([1000 / 90 * factor for factor in (1, 2, 30, 900)])
    page.click(page.all("#load [data-step='1']")[0])
    assert page.js("return document.querySelector('#load select').value") == "0"


def test_variants_are_chosen(page):
    page.draw_all()
    page.js("document.querySelector('.legend').open = true")
    (box,) = [label for label in page.all(".chip") if label.text.endswith("low-rss")]
    box.click()
    for chart in ("ratios", "load-memory", "scaling"):
        assert "hakmem-low-rss" not in dict(page.chart(chart))
    assert "low-rss" not in page.all(".shown")[0].text
    page.all("[data-choose=main]")[0].click()
    assert "hakmem-low-rss" in dict(page.chart("ratios"))


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_nothing_sticks_out(page, width):
    if width == "phone":
        page.phone()
    page.draw_all()
    assert page.js("return document.documentElement.scrollWidth <= innerWidth")
    assert page.js("return innerWidth") == (390 if width == "phone" else 1280)
    too_wide = page.js("""
        return [...document.querySelectorAll("canvas, h1, h2, h3, p, select, .wide, dl, li")]
          .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
          .map(one => one.outerHTML.slice(0, 80))""")
    assert too_wide == []


def luminance(colour: str) -> float:
    """Relative luminance of rgb(r, g, b) or #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[i:i + 2], 16) for i in (1, 3, 5)] if colour[0] == "#" else \
        [int(word) for word in re.findall(r"\d+", colour)[:3]]
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4
              for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_light_and_dark(page):
    page.draw_all()
    pages, charts = set(), set()
    for scheme in ("light", "dark"):
        page.media(scheme)
        behind = {name: page.js("return ink(arguments[0])", name) for name in ("page", "card")}
        pages.add(behind["page"])
        assert luminance(behind["page"]) > 0.9 if scheme == "light" else \
            luminance(behind["page"]) < 0.02
        for name in ("text", "soft", "accent", "bad", "good"):
            for ground in behind.values():
                assert contrast(page.js("return ink(arguments[0])", name), ground) >= 4.5, name
        for variant in page.js("return data.variants"):
            assert contrast(variant["colour"], behind["card"]) >= 3, variant
        charts.add(page.js("""
            return Chart.getChart(document.querySelector("canvas")).options.scales.y.ticks.color
              + document.querySelector("canvas").toDataURL()"""))
    assert len(pages) == len(charts) == 2, "charts are drawn again when the scheme changes"


def test_prints(page):
    """All charts, in the colours of the light scheme, then the page is as it was."""
    page.media("dark")
    page.js("""
        addEventListener("beforeprint", () => { window.printed = {
          drawn: [...document.querySelectorAll("figure:not(.empty) canvas")]
            .filter(one => Chart.getChart(one)).length,
          page: ink("page"), text: Chart.defaults.color }; })""")
    pdf = base64.b64decode(page.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF")
    printed = page.js("return window.printed")
    assert printed["drawn"] == len(page.all("figure:not(.empty)"))
    assert luminance(printed["page"]) == 1 and luminance(printed["text"]) < 0.05
    assert luminance(page.js("return ink('page')")) < 0.02


def test_the_data_are_json(file):
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>',
                     file.read_text(encoding="utf-8"), re.DOTALL).group(1)
    assert len(json.loads(text)["runs"]["lines"]) == len(ROWS) * len(VARIANTS) * REPS


def test_the_library_keeps_its_notice(file):
    text = file.read_text(encoding="utf-8")
    assert "Chart.js Contributors" in text and "MIT License" in text
