"""The bars: what is asked of the profile default, and whether made-up results meet it."""

import csv
import html
import re

import pytest

from bench.lab.judge import bars
from bench.lab.judge.cells import Cells
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.show import asked_tables

COLUMNS = "benchmark,parameters,what,asked,measured,low,high,against,verdict"
KINDS = {"hakmem": "profile", "system": "system", "floor": "reference"}  # others: "peer"
MIB = 1 << 10  # KiB
TINY = "bench_tiny_hot 32 100 300000"
LARSON = "larson 0.3 8 128 1024 1 12345 2"
IDLE = "bench_idle 256 2"


def row(**asked) -> Row:
    return Row("program", ("1", "2"), 1, "load", **asked)


def variant(name: str, link: str = "shared") -> Variant:
    kind = KINDS.get(name, "peer")
    return Variant(name, kind, link, {}, "default" if kind == "profile" else None)


def judged(one: Row, results: dict[str, list[Run]], link: str = "shared") -> dict[str, bars.Bar]:
    """The row's bars by what they ask, from each variant's runs."""
    variants = {name: variant(name, link) for name in results}
    made = Runs([one], list(variants.values()))
    for name, runs in results.items():
        for rep, run in enumerate(runs, 1):
            made.add(Job(one, variants[name], rep), run, "raw")
    found = bars.judge(Cells(made))
    assert len({bar.what for bar in found}) == len(found)
    return {bar.what: bar for bar in found}


def runs(speeds, peak: float = MIB, rss: float = 1) -> list[Run]:
    return [Run("ok", ops_per_s=speed, peak_rss_kib=peak, rss_kib=rss) for speed in speeds]


def around(speed: float, noise: float = 0.001) -> list[float]:
    return [speed * (1 + noise * step) for step in (-2, 1, 0, 2, -1, 1, 0)]


@pytest.mark.parametrize("speed, asked, met", [
    (1.10, 1.0, True),
    (1.0, 1.0, None),
    (0.9, 1.0, False),
    (1.10, 1.15, False),
    (1.16, 1.15, True),
])
def test_speed(speed, asked, met):
    found = judged(row(bar=asked), {
        "hakmem": runs(around(speed * 1e8)),
        "system": runs([2e7] * 7), "mi": runs([1e8] * 7), "je": runs([9e7] * 7),
    })
    bar = found["speed"]
    assert (bar.against, bar.asked, bar.met) == ("mi", asked, met)
    assert bar.measured == pytest.approx(speed, rel=1e-3)
    assert bar.interval.low < bar.measured < bar.interval.high
    assert set(found) == {"speed", "memory"}


@pytest.mark.parametrize("speed, noise, verdict", [
    (0.98, 0.03, "undecided"), (0.98, 0.001, "missed"),
    (1.02, 0.03, "undecided"), (1.02, 0.001, "met"),
])
def test_noise_has_the_benefit_of_no_doubt(speed, noise, verdict):
    """By 2 %, either way: with much noise nothing is shown, with little it is."""
    bar = judged(row(bar=1.0), {
        "hakmem": runs(around(speed * 1e8, noise)), "system": runs([1e8] * 7)})["speed"]
    assert bar.verdict == verdict and (bar.measured < 1) == (speed < 1)
    assert bar.met == {"met": True, "missed": False}.get(verdict)
    assert bar.interval.excludes(1) == (verdict != "undecided")


def test_the_bar_of_speed_is_met_only_against_every_peer():
    """With one of them it is a tie: met against the others, undecided against this one."""
    found = judged(row(bar=1.0), {
        "hakmem": runs(around(1e8)), "system": runs([5e7] * 7), "je": runs(around(1e8)[::-1])})
    assert (found["speed"].against, found["speed"].verdict) == ("je", "undecided")


@pytest.mark.parametrize("rounds, peers, verdict", [
    (6, 1, "missed"), (6, 5, "undecided"), (7, 5, "missed")])
def test_to_miss_a_bar_against_one_of_many_takes_more(rounds, peers, verdict):
    """Half as fast as each of them: of five, one is ahead by chance five times as often."""
    others = {name: runs([1e8] * rounds) for name in ("system", "mi", "je", "tc", "tbb")[:peers]}
    found = judged(row(bar=1.0), {"hakmem": runs([5e7 + i for i in range(rounds)]), **others})
    assert found["speed"].verdict == verdict


def test_a_failed_run_leaves_no_verdict():
    """Of the default profile, or of the variant that it is compared with."""
    for who in ("hakmem", "system"):
        results = {"hakmem": runs([2e8] * 9), "system": runs([1e8] * 9)}
        results[who][3] = Run("ended by signal 11")
        found = judged(row(bar=1.0, idle_bar=0.1), results)
        assert {bar.verdict for bar in found.values() if bar.what != "idle"} == {"lost runs"}
        assert found["idle"].verdict == ("lost runs" if who == "hakmem" else "met")
        says = asked_tables.bars_met(list(found.values()))
        assert says.endswith("3 with failed runs" if who == "hakmem" else "2 with failed runs")


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_few_runs_have_no_verdict(n):
    """Below six, whatever they show."""
    found = judged(row(bar=1.0, idle_bar=0.1), {"hakmem": runs([5] * n), "system": runs([1] * n)})
    assert set(found) == {"speed", "memory", "idle"}
    for bar in found.values():
        assert (bar.met, bar.runs) == (None if n < 6 else True, n)
        assert (bar.interval is None) == (n < 6 or bar.what != "speed")
        assert "inf" not in " ".join(asked_tables.bars([bar]).lines[0].words) + asked_tables.bars_csv([bar])
        assert asked_tables.bars([bar]).lines[0].words[-1] == ("too few runs" if n < 6 else "met")
        assert asked_tables.bars_csv([bar]).rstrip().endswith("too few" if n < 6 else "met")
    says = asked_tables.bars_met(list(found.values()))
    assert says == (f"No verdict on 3 bars: too few runs to tell: {n}, and it takes 6" if n < 6
                    else "3 of 3 bars met")


def test_some_have_a_verdict():
    found = judged(row(bar=1.0), {"hakmem": runs([5] * 6), "system": runs([1] * 6),
                                  "mi": runs([2] * 3)})
    assert (found["speed"].verdict, found["memory"].verdict) == ("too few", "met")
    found["speed"] = judged(row(bar=1.0), {"hakmem": runs([5] * 6), "system": runs([1] * 6)})["speed"]
    assert asked_tables.bars_met(list(found.values())) == \
        "2 of 2 bars met"


def test_floor():
    results = {"hakmem": runs(around(0.95e8)), "system": runs([5e7] * 7), "floor": runs([1e8] * 7)}
    for asked, met in ((0.92, True), (0.97, False)):
        bar = judged(row(bar=1.0, floor_bar=asked), results)["floor"]
        assert (bar.against, bar.met) == ("floor", met)
        assert bar.measured == pytest.approx(0.95, rel=1e-3)
    del results["floor"]
    assert "floor" not in judged(row(floor_bar=0.92), results)


@pytest.mark.parametrize("peak, fastest, leanest, asked, against, beyond, met", [
    # below 16 MiB: the leanest and 3 MiB, whatever the fastest takes
    (5 * MIB, 50 * MIB, 2 * MIB, 5 * MIB, "system", "+ 3 MiB", True),
    (5 * MIB + 1, 50 * MIB, 2 * MIB, 5 * MIB, "system", "+ 3 MiB", False),
    (16 * MIB - 1, 14 * MIB, 13 * MIB, 16 * MIB, "system", "+ 3 MiB", True),
    # from 16 MiB: the fastest's ...
    (16 * MIB, 16 * MIB, 13 * MIB, 16 * MIB, "mi", "", True),
    (21 * MIB, 20 * MIB, 19 * MIB, 20 * MIB, "mi", "", False),
    # ... and 1.25 times the leanest's
    (50 * MIB, 90 * MIB, 40 * MIB, 50 * MIB, "system", "x 1.25", True),
    (51 * MIB, 90 * MIB, 40 * MIB, 50 * MIB, "system", "x 1.25", False),
])
def test_memory(peak, fastest, leanest, asked, against, beyond, met):
    found = judged(row(), {
        "hakmem": runs([1.0] * 6, peak), "mi": runs([3.0] * 6, fastest),
        "system": runs([2.0] * 6, leanest), "floor": runs([9.0] * 6, 1),  # no peer
    })
    bar = found["memory"]
    assert (bar.asked, bar.measured, bar.against, bar.beyond, bar.met) == (
        asked, peak, against, beyond, met)
    assert set(found) == {"memory"}


@pytest.mark.parametrize("large, verdict", [(1, "met"), (5, "undecided"), (11, "missed")])
def test_memory_is_the_median(large, verdict):
    """Of twelve runs so many are much larger: the number is the median, one run decides nothing."""
    mine = [*runs([1.0] * (12 - large), 4 * MIB), *runs([1.0] * large, 14 * MIB)]
    bar = judged(row(), {"hakmem": mine, "system": runs([1.0] * 12, 2 * MIB)})["memory"]
    assert (bar.measured, bar.verdict) == ((14 if large > 6 else 4) * MIB, verdict)


@pytest.mark.parametrize("rss, verdict", [
    ((5, 9, 8), "met"), ((10, 1, 8), "met"), ((5, 9, 100), "undecided"), ((1, 11, 12), "undecided"),
    ((9, 30, 20), "missed")])
def test_idle(rss, verdict):
    """The median of the runs' shares, and what all of them show."""
    mine = [run for one in rss for run in runs([1.0] * 3, 100, one)]
    bar = judged(row(idle_bar=0.1), {"hakmem": mine, "system": runs([1.0] * 9)})["idle"]
    assert (bar.measured, bar.verdict) == (sorted(rss)[1] / 100, verdict)
    assert bar.against is None


@pytest.mark.parametrize("names, link", [
    (["hakmem"], "shared"),
    (["hakmem", "floor"], "shared"),
    (["system", "mi"], "shared"),
    (["hakmem", "system"], "static"),
])
def test_nothing_to_compare(names, link):
    asked = row(bar=1.0, floor_bar=1.0, idle_bar=0.1)
    assert judged(asked, {name: runs([1.0]) for name in names}, link) == {}


def test_rows_without_runs_of_both_have_no_bars():
    one, other = row(bar=1.0), Row("other", (), 1, "load", bar=1.0)
    hakmem, system = variant("hakmem"), variant("system")
    made = Runs([one, other], [hakmem, system])
    for which, who in ((one, hakmem), (one, system), (other, hakmem)):
        made.add(Job(which, who, 1), *runs([1.0]), "raw")
    made.add(Job(other, system, 1), Run("exit status 1"), "raw")
    assert {bar.row.program for bar in bars.judge(Cells(made))} == {"program"}


@pytest.fixture
def measured(bench):
    """Larson, of which speed and memory are missed, and others, of which the floor is missed."""
    bench.variant("hakmem", "result $((90000000 + n * 1000)) 4096 409", profile="default",
                  larson="result 30000000 51200")
    bench.variant("hakmem-low", "result 1000", profile="low-rss")
    bench.variant("system", "result 30000000 2048", kind="system",
                  larson="result 40000000 40960")
    bench.variant("mi", "result 60000000 8192", kind="peer", larson="result 50000000 49152")
    bench.variant("floor", "result 120000000 64", kind="reference")
    return bench.run("--bench", "tiny_hot,larson,idle", "--threads", "1,2", "--reps", "6")


def lines(outcome) -> list[list[str]]:
    with open(outcome.folder / "bars.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_csv(measured):
    head, *found = lines(measured)
    assert ",".join(head) == COLUMNS == ",".join(asked_tables.BAR_COLUMNS)
    by_bar = {(f"{line[0]} {line[1]}", line[2]): line[3:] for line in found}
    assert len(by_bar) == len(found)
    assert set(by_bar) == {
        (TINY, "speed"), (TINY, "floor"), (TINY, "memory"),
        *((LARSON[:-1] + n, what) for n in "12" for what in ("speed", "memory")),
        (IDLE, "memory"), (IDLE, "idle"),
    }
    asked, ratio, low, high, against, met = by_bar[TINY, "speed"]
    assert (asked, against, met) == ("1", "mi", "met")
    assert float(low) <= float(ratio) <= float(high)
    assert float(ratio) == pytest.approx(1.5, rel=1e-3)
    assert by_bar[TINY, "floor"][0] == "0.92" and by_bar[TINY, "floor"][4:] == ["floor", "missed"]
    assert by_bar[TINY, "memory"] == ["5120", "4096", "", "", "system", "met"]
    assert by_bar[LARSON, "speed"] == ["1", "0.6", "0.6", "0.6", "mi", "missed"]
    assert by_bar[LARSON, "memory"] == ["49152", "51200", "", "", "mi", "missed"]
    assert by_bar[IDLE, "idle"] == ["0.1", "0.099853515625", "", "", "", "met"]


# The bars that each form of the results shows, after the name of the row.
SHOWN = {
    LARSON: [["speed", ">= 1.00", "0.600", "0.600..0.600", "mi", "MISSED"],
             ["memory", "<= 48.00 MiB", "50.00 MiB", "", "mi", "MISSED"]],
    TINY: [["memory", "<= 5.00 MiB", "4.00 MiB", "", "system + 3 MiB", "met"]],
    IDLE: [["idle", "<= 10 %", "10.0 %", "", "its own peak", "met"]],
}
CLOSING = "4 of 9 bars met; 5 missed."


def test_summary(measured):
    section = measured.summary.split("## Bars\n")[1].split("\n## ")[0]
    head, rule, *found = [line for line in section.splitlines() if line.startswith("|")]
    assert head == "| row | what | asked | measured | 95 % interval | against | verdict |"
    for name, expected in SHOWN.items():
        for words in expected:
            assert "| " + " | ".join([name, *words]) + " |" in found
    assert len(found) == 9
    assert section.rstrip().endswith(CLOSING)


def test_terminal(measured):
    shown = measured.out[measured.out.index("\nBars"):]
    found = [" ".join(line.split()) for line in shown.splitlines()]
    for name, expected in SHOWN.items():
        for words in expected:
            assert " ".join(" ".join([name, *words]).split()) in found
    assert found.index(CLOSING) > max(i for i, line in enumerate(found) if "MISSED" in line)


def test_html(measured):
    section = re.search(r"<h3>Bars</h3>(.*?)<h3", measured.html, re.DOTALL)[1]
    found = [(style, [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", line)])
             for style, line in re.findall(r'<tr class="(\w*)">(.*?)</tr>', section, re.DOTALL)]
    for name, expected in SHOWN.items():
        for words in expected:
            assert ("missed" if words[-1] == "MISSED" else "", [name, *words]) in found
    assert len(found) == 9 and CLOSING in section


def test_missed_bars_are_no_failure(measured):
    assert measured.status == 0


@pytest.mark.parametrize("columns", [160, 90, 80, 60])
def test_narrow_terminal(bench, columns):
    """Columns are left out, and named; no number is cut."""
    bench.variant("hakmem", "result 90000000 4096 409", profile="default")
    bench.variant("system", "result 60000000 2048", kind="system")
    shown = bench.on_a_terminal(columns, "--bench", "tiny_hot", "--reps", "6")
    shown = shown[shown.index("\nBars"):]
    assert "…" not in shown
    assert all(len(line) <= columns for line in shown.splitlines()
               if not line.startswith("results: "))
    heads = next(line for line in shown.splitlines() if line.startswith("row "))
    for words in ("speed", ">= 1.00", "1.500", "memory", "<= 5.00 MiB", "4.00 MiB", "met"):
        assert words in shown
    for n, column in enumerate(("95 % interval", "against")):
        kept = columns >= (100, 90)[n]
        assert (column in heads) == kept
    assert "2 of 2 bars met." in shown


@pytest.mark.parametrize("names", ["hakmem", "system", "hakmem-low,system", "hakmem,floor"])
def test_no_bars(bench, names):
    """Neither a table nor a file where the default profile or all peers are left out."""
    bench.variant("hakmem", "result 1000", profile="default")
    bench.variant("hakmem-low", "result 1000", profile="low-rss")
    bench.variant("system", "result 1000", kind="system")
    bench.variant("floor", "result 1000", kind="reference")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1", "--variants", names)
    assert outcome.status == 0
    assert not (outcome.folder / "bars.csv").exists()
    for shown in (outcome.out, outcome.summary, outcome.html):
        assert "Bars" not in shown and "bars met" not in shown
