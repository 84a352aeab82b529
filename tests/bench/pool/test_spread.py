"""bazel run //bench:ab -- --occasions N: one measurement on several occasions, then joined."""

import csv
import json
import signal
import time

import pytest

TINY = ["--bench", "tiny_hot", "--reps", "9"]


def speed(base: int) -> str:
    """A program whose speed varies with the number of its run."""
    return f"result $(({base} + n * 37 % 11 * {base // 1000}))"


def joined(outcome) -> dict[str, str]:
    with open(outcome.folder / "comparisons.csv", newline="", encoding="utf-8") as file:
        (line,) = [line for line in csv.DictReader(file) if line["measure"] == "speed"]
    return line


def test_each_occasion_is_a_measurement_and_all_are_joined(bench):
    bench.variant("a", speed(100_000_000))
    bench.variant("b", speed(120_000_000))
    outcome = bench.ab("a", "b", *TINY, "--occasions", "5", "--apart", "0", "--seed", "7")
    assert outcome.status == 0, outcome.err
    assert sorted(path.name for path in outcome.folder.iterdir()) == [
        "1", "2", "3", "4", "5", "comparisons.csv", "occasions.csv", "run.json", "summary.md"]
    line = joined(outcome)
    assert (line["verdict"], line["occasions"], line["rounds"]) == ("better", "5", "45")
    assert float(line["effect"]) == pytest.approx(1.2, abs=0.01)
    assert "occasion 3 of 5" in outcome.out
    assert [one["folder"] for one in outcome.run["occasions"]] == ["1", "2", "3", "4", "5"]
    third = json.loads((outcome.folder / "3/run.json").read_text())
    assert (third["seed"], third["reps"]) == (9, 9)
    assert (outcome.folder / "3/report.html").exists()


def test_there_are_pauses_between_occasions(bench):
    bench.variant("a", speed(100_000_000))
    bench.variant("b", speed(120_000_000))
    started = time.monotonic()
    outcome = bench.ab("a", "b", *TINY, "--occasions", "3", "--apart", "1.5s")
    assert outcome.status == 0, outcome.err
    first, *_, last = [json.loads((outcome.folder / str(i) / "run.json").read_text())["started"]
                       for i in (1, 2, 3)]
    assert first != last and time.monotonic() - started > 3
    assert "occasion 2 of 3 begins in 1.5 s" in outcome.out


def interrupted_at(bench, marker) -> tuple[int, str, str]:
    """Exit status and output of one that is interrupted when the file is there."""
    process = bench.start("a", "b", *TINY, "--occasions", "4", "--apart", "0.2s", command="ab")
    try:
        deadline = time.monotonic() + 30
        while not marker() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert marker()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, out, err


def test_interrupted_in_a_run(bench):
    """Round 3 of the third occasion: two are whole."""
    bench.variant("a", speed(100_000_000))
    bench.variant("b", f'if [ "$n" -eq 21 ]; then touch {bench.root}/here; exec sleep 60; fi; '
                  + speed(120_000_000))
    status, out, err = interrupted_at(bench, (bench.root / "here").exists)
    outcome = bench.outcome(status, out, err)
    assert status == 130 and "ab: interrupted: the finished runs are in" in err
    assert joined(outcome)["occasions"] == "2"
    assert outcome.run["interrupted"] is True
    assert "**Interrupted: this is what was finished.**" in outcome.summary
    assert "occasion 3 has no part in bench_tiny_hot" in outcome.summary
    assert not (outcome.folder / "4").exists()


def test_interrupted_in_a_pause(bench):
    bench.variant("a", speed(100_000_000))
    bench.variant("b", speed(120_000_000))
    process = bench.start("a", "b", *TINY, "--occasions", "3", "--apart", "1h", command="ab")
    try:
        deadline = time.monotonic() + 30
        while not (bench.root / "out/1/comparisons.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "ab: 1 of 3 occasions have results: nothing to join" in err
    assert (bench.root / "out/1/report.html").exists()


def test_a_variant_that_crashes_ends_it(bench):
    bench.variant("a", speed(100_000_000))
    bench.variant("b", "if [ $n -gt 0 ]; then kill -SEGV $$; fi; result 1")
    outcome = bench.ab("a", "b", *TINY, "--occasions", "4", "--apart", "0")
    assert outcome.status == 1
    assert not (outcome.folder / "2").exists()


@pytest.mark.parametrize("words, says", [
    (["--occasions", "1"], "--occasions: takes at least 2; leave it out for one"),
    (["--apart", "5m"], "--apart: is the pause between occasions"),
    (["--occasions", "2", "--apart", "long"], "'long' is not a time of at most 24 hours"),
    (["--occasions", "2", "--apart", "25h"], "'25h' is not a time of at most 24 hours"),
    (["--occasions", "2", "--apart", "0", "--reps", "2"], "--reps: with 2 rounds, none of 2"),
])
def test_wrong_use(bench, words, says):
    bench.variant("a", "result 1000")
    bench.variant("b", "result 1000")
    outcome = bench.ab("a", "b", "--bench", "tiny_hot", *words)
    assert outcome.status == 2 and says in outcome.err


def test_a_mistake_leaves_no_results_behind(bench):
    bench.variant("a", "result 1000")
    bench.variant("b", "result 1000")
    bench.ab("a", "b", "--bench", "tiny_hot", "--occasions", "2", "--reps", "2")
    assert bench.ab("a", "b", *TINY, "--occasions", "2", "--apart", "0").status == 0
