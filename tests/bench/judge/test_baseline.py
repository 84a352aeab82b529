"""bazel run //bench:matrix -- --baseline DIR: against an earlier run."""

import csv
import json

import pytest

TINY = ["--bench", "tiny_hot", "--reps", "9"]


def speed(base: int, spread: int = 3000) -> str:
    return f"result $(({base} + n * 37 % 11 * {spread}))"


def of_csv(outcome, name: str = "regressions.csv") -> list[dict[str, str]]:
    with open(outcome.folder / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measure(bench, hakmem: int, system: int, out: str, *words: str, rss: str = " 9000"):
    bench._variants.clear()
    bench.calls.write_text("")
    bench.variant("hakmem", speed(hakmem) + rss, profile="default")
    bench.variant("system", speed(system), kind="system")
    return bench.run(*TINY, *words, out=out)


@pytest.mark.parametrize("now, verdict, mark, status", [
    (10_000_000, "same", "", 0), (9_300_000, "worse", "", 0), (8_700_000, "worse", "marked", 1),
    (7_000_000, "worse", "severe", 1), (12_000_000, "better", "", 0),
])
def test_changes(bench, now, verdict, mark, status):
    measure(bench, 10_000_000, 5_000_000, "then")
    outcome = measure(bench, now, 5_000_000, "now", "--baseline", "then", "--fail-on-regression")
    assert outcome.status == status, outcome.err
    (line,) = [line for line in of_csv(outcome) if line["variant"] == "hakmem"
               and line["measure"] == "speed"]
    assert (line["verdict"], line["mark"]) == (verdict, mark)
    assert float(line["ratio"]) == pytest.approx(now / 10_000_000, rel=0.01)
    assert float(line["low"]) <= float(line["ratio"]) <= float(line["high"])
    if mark:
        assert f"worse ({mark})" in outcome.summary and f"worse ({mark})" in outcome.out


def test_a_slower_machine_is_no_regression(bench):
    measure(bench, 10_000_000, 5_000_000, "then")
    outcome = measure(bench, 7_000_000, 3_500_000, "now", "--baseline", "then",
                      "--fail-on-regression")
    assert outcome.status == 0, outcome.err
    (line,) = [line for line in of_csv(outcome) if line["variant"] == "hakmem"
               and line["measure"] == "speed"]
    assert line["verdict"] == "same"
    assert float(line["plain_ratio"]) == pytest.approx(0.7, rel=0.01)
    assert float(line["system_ratio"]) == pytest.approx(0.7, rel=0.01)
    assert "is at 0.70 of its speed then" in " ".join(outcome.summary.split())


def test_memory(bench):
    measure(bench, 10_000_000, 5_000_000, "then", rss=" 10000")
    outcome = measure(bench, 10_000_000, 5_000_000, "now", "--baseline", "then",
                      "--fail-on-regression", rss=" 13000")
    assert outcome.status == 1
    (line,) = [line for line in of_csv(outcome) if line["variant"] == "hakmem"
               and line["measure"] == "peak RSS"]
    assert (line["verdict"], line["mark"]) == ("worse", "severe")
    assert float(line["ratio"]) == pytest.approx(1.3)


def test_another_machine_is_said(bench):
    measure(bench, 10_000_000, 5_000_000, "then")
    path = bench.root / "then" / "run.json"
    about = json.loads(path.read_text())
    about["machine"]["kernel"] = "2.6.32"
    path.write_text(json.dumps(about))
    outcome = measure(bench, 10_000_000, 5_000_000, "now", "--baseline", "then")
    assert "different machines (kernel: 2.6.32 then, " in outcome.summary


def test_only_what_both_have(bench):
    measure(bench, 10_000_000, 5_000_000, "then")
    bench.variant("new", speed(1_000_000))
    outcome = bench.run("--bench", "tiny_hot,larson", "--reps", "9", "--baseline", "then",
                        out="now")
    assert outcome.status == 0
    assert {(line["benchmark"], line["variant"]) for line in of_csv(outcome)} == {
        ("bench_tiny_hot", "hakmem"), ("bench_tiny_hot", "system")}


def test_results_of_an_older_form(bench):
    """Columns that were not written then are not known."""
    measure(bench, 10_000_000, 5_000_000, "then")
    path = bench.root / "then" / "results.csv"
    lines = list(csv.DictReader(path.read_text().splitlines()))
    kept = [name for name in lines[0] if not name.endswith("_ns") and name != "user_s"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, kept, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    assert measure(bench, 10_000_000, 5_000_000, "now", "--baseline", "then").status == 0


HEAD = "benchmark,variant,parameters,rep,status,ops_per_s,peak_rss_kib\n"


@pytest.mark.parametrize("content, says", [
    (None, "then: there is no such folder; name a folder of results"),
    ({}, "then: holds no results.csv; name a folder of results"),
    ({"results.csv": HEAD}, "run.json: No such file or directory; name a folder whose measurement "
                            "came to its end"),
    ({"results.csv": HEAD, "run.json": '{\n"rows": [\n'}, "run.json: line 3: no JSON (Expecting "),
    ({"results.csv": HEAD, "run.json": "[]"}, "run.json: no object with a machine in it; "),
    ({"results.csv": "", "run.json": "{}"}, "results.csv: no run has numbers; a run that has some "
                                            "has the status ok"),
    ({"results.csv": "a,b\n1,2\n", "run.json": "{}"},
     "results.csv: line 2: no benchmark; results of bench:matrix or bench:ab have benchmark, "),
    ({"results.csv": HEAD + "a,b,c,1,ok,1,1\na,b,c,2,ok,1\n", "run.json": "{}"},
     "results.csv: line 3: no peak_rss_kib; "),
    ({"results.csv": HEAD + f"a,b,c,1,ok,{'1' * 200_000},1\n", "run.json": "{}"},
     "results.csv: line 2: no CSV (field larger than "),
    ({"results.csv": HEAD + "a,b,c,1,ok,fast,1\n", "run.json": "{}"},
     "results.csv: line 2: ops_per_s is 'fast', not a number from 0 up"),
    ({"results.csv": HEAD + "a,b,c,1,ok,1,nan\n", "run.json": "{}"},
     "results.csv: line 2: peak_rss_kib is 'nan', not a number from 0 up"),
    ({"results.csv": HEAD + "a,b,c,1,ok,0,1\n", "run.json": "{}"},
     "results.csv: line 2: ops_per_s is '0', not a number above 0"),
    ({"results.csv": HEAD + "a,b,c,one,ok,1,1\n", "run.json": "{}"},
     "results.csv: line 2: rep is 'one', not a number from 0 up"),
    ({"results.csv": HEAD + "a,\udcff,c,1,ok,1,1\n", "run.json": "{}"}, "results.csv: no text ("),
])
def test_what_is_no_earlier_run(bench, content, says):
    if content is not None:
        (bench.root / "then").mkdir()
        for name, text in content.items():
            (bench.root / "then" / name).write_text(text, errors="surrogateescape")
    bench.variant("hakmem", "result 1000")
    outcome = bench.run(*TINY, "--baseline", "then", out="now")
    assert outcome.status == 2
    assert outcome.err.startswith("matrix: --baseline: ") and says in outcome.err
    assert outcome.err.count("\n") == 1 and not (bench.root / "now").exists()


def test_nothing_to_fail_on(bench):
    bench.variant("hakmem", "result 1000")
    outcome = bench.run(*TINY, "--fail-on-regression")
    assert (outcome.status, outcome.err) == (
        2, "matrix: --fail-on-regression: needs --baseline DIR to compare with\n")
