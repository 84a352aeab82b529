"""The matrix's summary.md and targets.csv against results.csv, worked out here once more."""

import csv
import math
import re
import statistics

import pytest

BENCHES = "tiny_hot,larson,mid_large_mt,vm_mixed"
REPS = 12  # so that each of two peers can be surely faster in each of the 17 rows
SPEEDS = {  # variant -> program -> about how many operations a second
    "hakmem": {"bench_tiny_hot": 9_000_000, "larson": 4_000_000, "bench_mid_large_mt": 5_000_000,
               "bench_vm_mixed": 900_000},
    "system": {"bench_tiny_hot": 3_000_000, "larson": 2_000_000, "bench_mid_large_mt": 1_000_000,
               "bench_vm_mixed": 2_000_000},
    "mi": {"bench_tiny_hot": 6_000_000, "larson": 8_000_000, "bench_mid_large_mt": 2_000_000,
           "bench_vm_mixed": 1_000_000},
}


@pytest.fixture
def outcome(bench):
    for name, programs in SPEEDS.items():
        bodies = {program: f"result $(({speed} + n * 37 % 11 * 2000)) {4000 + 100 * len(name)}"
                  for program, speed in programs.items()}
        kind = {"hakmem": "profile", "system": "system"}.get(name, "peer")
        bench.variant(name, "result 1000", kind=kind,
                      profile="default" if name == "hakmem" else None, **bodies)
    outcome = bench.run("--bench", BENCHES, "--full", "--reps", str(REPS))
    assert outcome.status == 0, outcome.err
    return outcome


@pytest.fixture
def medians(outcome) -> dict[tuple[str, str], float]:
    """(row, variant) -> operations a second."""
    runs: dict[tuple[str, str], list[float]] = {}
    for line in outcome.lines:
        row = f"{line['benchmark']} {line['parameters']}"
        runs.setdefault((row, line["variant"]), []).append(float(line["ops_per_s"]))
    assert {len(of) for of in runs.values()} == {REPS}
    return {key: statistics.median(of) for key, of in runs.items()}


def mean(values) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


def ratios(medians, program: str = "") -> list[float]:
    return [speed / medians[row, "system"] for (row, name), speed in medians.items()
            if name == "hakmem" and row.startswith(program)]


def test_speeds_and_ratios(outcome, medians):
    tables = outcome.tables()
    assert set(tables) >= {row for row, _ in medians}
    for (row, name), speed in medians.items():
        cells = tables[row][name]
        assert float(cells[0]) == pytest.approx(speed / 1e6, rel=0.01)
        assert float(cells[2].rstrip("=?")) == pytest.approx(speed / medians[row, "system"],
                                                            abs=0.006)
        best = max(medians[row, "system"], medians[row, "mi"])
        assert float(cells[4].rstrip("=?")) == pytest.approx(speed / best, abs=0.006)


def test_means(outcome, medians):
    cells = outcome.sections()["All rows"]["hakmem"]
    assert float(cells[0]) == pytest.approx(mean(ratios(medians)), abs=0.006)
    assert float(cells[2]) == pytest.approx(min(ratios(medians)), abs=0.006)


def test_targets(outcome, medians):
    with open(outcome.folder / "targets.csv", newline="", encoding="utf-8") as file:
        found = {line["target"]: line for line in csv.DictReader(file)}
    larson = sum(line["benchmark"] == "larson" and line["parameters"].split()[-1] in ("4", "8")
                 and line["variant"] == "hakmem" for line in outcome.lines)
    of = found["larson, 4 threads and more"]
    assert (of["measured"], of["verdict"]) == (f"0 of {larson} runs failed", "met")
    of = found["every row against system"]
    assert of["measured"].startswith(f"{min(ratios(medians)):.2f} in bench_vm_mixed")
    assert of["verdict"] == "MISSED"
    of = found["all rows against system, on average"]
    assert (of["measured"], of["verdict"]) == (f"{mean(ratios(medians)):.2f}", "met")
    of = found["mid-large against system"]
    assert of["measured"] == f"{mean(ratios(medians, 'bench_mid_large_mt')):.2f}"
    for name in ("mid-large against the earlier run", "all rows against the earlier run"):
        assert (found[name]["measured"], found[name]["verdict"]) == ("", "not measured")
    in_summary = outcome.sections()["Targets"]
    for name, line in found.items():
        assert in_summary[name][1:] == [line["measured"], line["verdict"]]
    assert "MISSED" in outcome.out.split("Targets")[1]


def test_findings(outcome, medians):
    strong = outcome.summary.split("## Strengths")[1].split("## ")[0]
    weak = outcome.summary.split("## Weaknesses")[1].split("## ")[0]
    cause = outcome.summary.split("## Bottlenecks")[1].split("## ")[0]
    for row in {row for row, _ in medians}:
        best = max(("system", "mi"), key=lambda name: medians[row, name])
        ratio = medians[row, "hakmem"] / medians[row, best]
        for found, is_so in ((strong, ratio > 1), (weak, ratio < 1)):
            line = re.search(rf"^- {row}: ([\d.]+) of {best} \(", found, re.M)
            assert bool(line) == is_so, row
            assert not line or float(line[1]) == pytest.approx(ratio, abs=0.011)
        assert (f"- {row}: " in cause) == (ratio < 1)


def test_bottlenecks(bench):
    """What the slower one has more of is named with both numbers."""
    bench.variant("hakmem", "echo 'RESULT ops=1000 seconds=1 ops_per_s=1000 peak_rss_kib=99 "
                  "rss_kib=9 minor_faults=50 user_s=1 sys_s=1 p999_ns=900'", profile="default")
    bench.variant("system", "echo 'RESULT ops=1000 seconds=1 ops_per_s=2000 peak_rss_kib=99 "
                  "rss_kib=9 minor_faults=5 user_s=1.8 sys_s=0.2 p999_ns=890'", kind="system")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "8")
    cause = outcome.summary.split("## Bottlenecks")[1].split("## ")[0]
    assert ("system time 50 % of its time, system 10 % of its time; "
            "page faults 50 in a thousand operations, system 5 in a thousand operations") in cause
    assert "RSS" not in cause and "latency" not in cause


@pytest.mark.parametrize("theirs, named", [("p999_ns=100", True), ("", False)])
def test_a_percentile_that_a_run_does_not_have_explains_nothing(bench, theirs, named):
    """Its sample is too small."""
    result = ("echo 'RESULT ops=1000 seconds=1 ops_per_s={} peak_rss_kib=99 rss_kib=9 "
              "minor_faults=5 user_s=1 sys_s=0 {}'")
    bench.variant("hakmem", result.format(1000, "p999_ns=900"), profile="default")
    bench.variant("system", result.format(2000, theirs), kind="system")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "8")
    cause = outcome.summary.split("## Bottlenecks")[1].split("## ")[0]
    assert ("latency p99.9 900 ns" in cause) == named


def faulting(faults: int, speed: int) -> str:
    return (f"echo 'RESULT ops=1000 seconds=1 ops_per_s={speed} peak_rss_kib=99 rss_kib=9 "
            f"minor_faults={faults} user_s=1 sys_s=0 p999_ns=900'")


@pytest.mark.parametrize("faults, named", [(1, False), (2, True)])
def test_a_bottleneck_is_more_than_one_page_fault_in_a_thousand_operations(bench, faults, named):
    bench.variant("hakmem", faulting(faults, 1000), profile="default")
    bench.variant("system", faulting(0, 2000), kind="system")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "8")
    cause = outcome.summary.split("## Bottlenecks")[1].split("## ")[0]
    assert ("page faults" in cause) == named


@pytest.mark.parametrize("percent, where", [(-30, "Weaknesses"), (-2, None), (2, None),
                                            (30, "Strengths")])
def test_what_noise_may_have_done_is_no_finding(bench, percent, where):
    """Speeds spread by 10 % or more."""
    speed = f"$(((100 + {percent}) * (90 + n * 7 % 5 * 5) * 100))"
    bench.variant("hakmem", f"result {speed}", profile="default")
    bench.variant("system", "result 1000000", kind="system")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "8")
    for section in ("Strengths", "Weaknesses"):
        lines = outcome.summary.split(f"## {section}")[1].split("## ")[0]
        assert ("- bench_tiny_hot" in lines) == (section == where), lines


def test_without_the_default_there_is_nothing_to_say(bench):
    bench.variant("mi", "result 1000", kind="peer")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "2")
    assert outcome.status == 0
    assert "## Strengths" not in outcome.summary and "## Targets" not in outcome.summary


def test_a_crash_in_larson_misses_its_target(bench):
    bench.variant("hakmem", "result 1000000", profile="default",
                  larson="[ $n -eq 2 ] && kill -SEGV $$; result 1000000")
    bench.variant("system", "result 1000000", kind="system")
    outcome = bench.run("--bench", "larson", "--full", "--reps", "3")
    assert outcome.status == 1
    cells = outcome.sections()["Targets"]["larson, 4 threads and more"]
    assert cells[1:] == ["4 of 12 runs failed", "MISSED"]
