"""bazel run //bench:ab: two variants in pairs, what it finds and what it does not."""

import csv
import html
import json
import math
import os
import re
import shlex
import statistics
import subprocess

import pytest

from bench.lab.select import row

TINY = ["--bench", "tiny_hot"]


def speed(base: int, noise: int = 1000) -> str:
    """A program whose speed varies with the number of its run."""
    return f"result $(({base} + n * 37 % 11 * {noise}))"


def comparisons(outcome) -> list[dict[str, str]]:
    with open(outcome.folder / "comparisons.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of_speed(outcome) -> dict[str, str]:
    (line,) = [line for line in comparisons(outcome) if line["measure"] == "speed"]
    return line


def test_three_percent_are_found(bench):
    bench.variant("slow", speed(100_000_000, 40_000))
    bench.variant("fast", speed(103_000_000, 50_000))
    outcome = bench.ab("slow", "fast", *TINY, "--reps", "15")
    assert outcome.status == 0, outcome.err
    line = of_speed(outcome)
    assert line["verdict"] == "better"
    assert float(line["low"]) <= float(line["effect"]) <= float(line["high"])
    assert float(line["effect"]) == pytest.approx(1.03, abs=0.003)
    assert 0.02 < float(line["at_least"]) < float(line["low"]) - 1
    about_3 = r"(3|3\.1|2\.9) %"
    assert re.search(f"fast faster by {about_3}, {about_3} to {about_3}; surely by {about_3}",
                     " ".join(outcome.out.split()))
    assert "fast against slow, speed: faster in 1 of 1 rows, faster by 3 % on average" in " ".join(
        outcome.out.split())
    back = bench.ab("fast", "slow", *TINY, "--reps", "15", out="back")
    assert of_speed(back)["verdict"] == "worse"


def test_a_against_itself(bench):
    """With a seed, as the order decides which run counts for which: one in a hundred differs."""
    bench.variant("hakmem", speed(100_000_000, 700_000))
    outcome = bench.ab("hakmem", "hakmem", *TINY, "--reps", "15", "--seed", "1")
    assert outcome.status == 0
    assert {line["variant"] for line in outcome.lines} == {"hakmem", "hakmem-again"}
    line = of_speed(outcome)
    assert line["verdict"] == "same" and float(line["at_most"]) < 0.05
    assert float(line["p_differs"]) > 0.01 >= float(line["p_same"])
    assert re.search(r"same within [\d.]+ %", outcome.out)
    assert "speed: the same in 1 of 1 rows; memory: the same in 1 of 1 rows." in " ".join(
        outcome.out.split())


@pytest.mark.filterwarnings("error::UserWarning")
def test_pairs_that_tie(bench):
    bench.variant("a", "result 100000000")
    bench.variant("b", "result $((100000000 + (n > 5) * n * 37000))")
    outcome = bench.ab("a", "b", *TINY, "--reps", "15")
    assert outcome.status == 0, outcome.err
    line = of_speed(outcome)
    assert (line["rounds"], line["verdict"]) == ("15", "same")
    assert 0.01 < float(line["p_differs"]) < 0.1, "five pairs that tie count against it"


def test_the_csv_is_that_of_the_runs(bench):
    bench.variant("a", speed(90_000_000, 90_000))
    bench.variant("b", speed(100_000_000, 50_000))
    outcome = bench.ab("a", "b", *TINY, "--reps", "9")
    medians = {name: statistics.median(float(line["ops_per_s"]) for line in outcome.lines
                                       if line["variant"] == name) for name in "ab"}
    line = of_speed(outcome)
    assert float(line["a"]) == pytest.approx(medians["a"] / 1e6, rel=1e-4)
    speeds = {(line["variant"], line["rep"]): float(line["ops_per_s"]) for line in outcome.lines}
    logs = [math.log(speeds["b", str(rep)] / speeds["a", str(rep)]) for rep in range(1, 10)]
    middle = statistics.median((x + y) / 2 for i, x in enumerate(logs) for y in logs[i:])
    assert float(line["effect"]) == pytest.approx(math.exp(middle), rel=1e-5)
    assert f"{float(line['effect']):.3f}" in outcome.summary


def test_the_page_says_what_the_summary_says(bench):
    bench.variant("a", speed(90_000_000, 90_000))
    bench.variant("b", speed(100_000_000, 50_000))
    outcome = bench.ab("a", "b", *TINY, "--reps", "9")
    line = of_speed(outcome)
    (verdict,) = re.findall(r'<p class="verdict">(.*?)</p>', outcome.html)
    assert verdict.startswith("b against a, speed: faster in 1 of 1 rows, faster by ")
    assert verdict in outcome.summary
    assert re.search(rf'<tr class="better">.*?{float(line["effect"]):.3f}', outcome.html, re.DOTALL)
    data = json.loads(re.search(r'id="data">(.*?)</script>', outcome.html).group(1))
    assert data["base"] == "a"
    ratios = {cell["variant"]: cell["ratio"] for cell in data["rows"][0]["cells"]}
    assert ratios[1] == pytest.approx([float(line[key]) for key in ("effect", "low", "high")],
                                      rel=1e-4)


def test_the_runs_of_a_pair_follow_one_another(bench):
    bench.variant("a", "result 1000")
    bench.variant("b", "result 1000")
    bench.ab("a", "b", "--bench", "tiny_hot,larson", "--reps", "6", "--seed", "3",
             "--no-verdict")
    order = [line.split(" ", 2) for line in bench.order()]
    assert len(order) == 2 * 3 * 6
    pairs = list(zip(order[::2], order[1::2]))
    assert all((x[0], x[2]) == (y[0], y[2]) and {x[1], y[1]} == {"a", "b"} for x, y in pairs)
    assert {x[1] for x, _ in pairs} == {"a", "b"}, "either comes first at times"


def test_memory_is_compared_too(bench):
    bench.variant("a", "result 100000000 40000")
    bench.variant("b", "result 100000000 20000")
    outcome = bench.ab("a", "b", *TINY, "--reps", "9")
    (line,) = [line for line in comparisons(outcome) if line["measure"] == "peak RSS"]
    assert (line["effect"], line["verdict"]) == ("0.5", "better")
    assert "memory: smaller in 1 of 1 rows, smaller by 50 % on average" in " ".join(outcome.out.split())


def test_a_crash_is_named_and_the_rest_kept(bench):
    bench.variant("good", "result 1000000")
    bench.variant("bad", 'if [ "$n" -eq 2 ]; then kill -SEGV $$; else result 1000000; fi')
    outcome = bench.ab("good", "bad", *TINY, "--reps", "11")
    assert outcome.status == 1
    assert [line["status"] for line in outcome.lines if line["variant"] == "bad"].count("ok") == 10
    assert {(line["rounds"], line["verdict"]) for line in comparisons(outcome)} == {
        ("10", "lost runs")}
    assert "1 runs failed: no verdict" in " ".join(outcome.out.split())


@pytest.mark.parametrize("words, says", [
    (["hakmem", "nope"], "ab: B: there is no nope; there are hakmem, system"),
    (["nope", "hakmem"], "ab: A: there is no nope; there are hakmem, system"),
    (["hakmem", "mi"], "ab: B: mi is not installed: apt install libmimalloc-dev"),
    (["hakmem", "x", "--preload", "x"], "ab: --preload: x is not NAME=PATH"),
    (["hakmem", "x", "--preload", "x=gone.so"], "gone.so: No such file or directory"),
    (["hakmem", "x", "--preload", "system=/bin/sh"], "ab: --preload: system is the name of a "
     "variant already"),
])
def test_wrong_use(bench, words, says):
    bench.variant("hakmem", "result 1000")
    bench.variant("system", "result 1000", kind="system")
    bench.missing("mi", "libmimalloc-dev")
    outcome = bench.ab(*words, *TINY)
    assert outcome.status == 2
    assert says in outcome.err and outcome.err.count("\n") == 1


def test_preload(bench):
    """The system's programs, with the library in their environment."""
    bench.library("mine.so")
    bench.variant("system", 'case $LD_PRELOAD in */mine.so) result 2000000 ;; *) result 1000000 ;; '
                  'esac', kind="system")
    outcome = bench.ab("system", "mine", "--preload", "mine=mine.so", *TINY, "--reps", "9")
    assert float(of_speed(outcome)["effect"]) == 2


def test_outliers_are_shown_and_kept(bench):
    bench.variant("a", "if [ $n -eq 3 ]; then result 400000; else result $((1000000 + n)); fi")
    bench.variant("b", "result $((1000000 + n))")
    outcome = bench.ab("a", "b", *TINY, "--reps", "9")
    assert "1 runs lie more than 3 interquartile ranges outside" in outcome.summary
    assert "An interquartile range is how far that middle half reaches" in outcome.summary
    assert "in at most 1 of 100 reports is one of a family wrong by chance." in " ".join(
        outcome.summary.split())
    assert "- bench_tiny_hot 32 100 300000, a, round 3: 0.40 of the median speed" in outcome.summary
    assert len(outcome.lines) == 18
    assert "Outliers" not in bench.ab("b", "b", *TINY, "--reps", "9", out="none").summary


def test_any_command(bench, monkeypatch):
    """Timed from outside, each variant's library preloaded; the launcher's own part is small."""
    bench.launcher(monkeypatch, "case $BENCH_PRELOAD in */mine.so) s=0.5 ;; *) s=0.25 ;; esac")
    bench.library("mine.so")
    bench.variant("system", "result 1", kind="system")
    outcome = bench.ab("system", "mine", "--preload", "mine=mine.so", "--reps", "10",
                       "--program", "ls -l /", "--program", "ls")
    assert outcome.status == 0, outcome.err
    times = {line["parameters"]: line for line in comparisons(outcome) if line["measure"] == "time"}
    assert set(times) == {"ls -l /", "ls"}
    assert {(line["effect"], line["verdict"]) for line in times.values()} == {("2", "worse")}
    assert not [line for line in comparisons(outcome) if line["measure"] == "speed"]
    assert "time: slower in 2 of 2 rows, slower by 100 % on average" in " ".join(
        outcome.summary.split())


def test_a_command_is_shown_in_seconds(bench, monkeypatch):
    """Also in the page: its unit, which way is better, and a title that can be pasted."""
    bench.launcher(monkeypatch, "case $BENCH_PRELOAD in */mine.so) s=0.5 ;; *) s=0.25 ;; esac")
    bench.library("mine.so")
    bench.variant("system", "result 1", kind="system")
    outcome = bench.ab("system", "mine", "--preload", "mine=mine.so", "--reps", "9",
                       "--program", "sh -c 'exit 0 | cat'")
    assert outcome.status == 0, outcome.err
    title = "sh -c 'exit 0 | cat'"
    typed = (f"bazel run //bench:ab -- --manifest {bench.root}/manifest.json --out=out system mine "
             """--preload mine=mine.so --reps 9 --program 'sh -c '"'"'exit 0 | cat'"'"''""")
    assert outcome.run["command"] == typed and shlex.split(typed)[-1] == title
    words = html.unescape(outcome.html_words)
    assert f"<h1>{typed}</h1>" in words and f">{title}</h3>" in words
    assert outcome.summary.startswith(f"# {typed}\n")
    for text in (words, outcome.summary, outcome.out):
        assert "M ops/s" not in text and "command sh" not in text
    assert "Time relative to system" in words and "left of the line at 1 is faster" in words
    assert "Down and to the left is better" in words
    (table,) = re.findall(r'<h3 id="row-0">.*?</table>', words, re.DOTALL)
    assert re.findall(r"<th scope[^>]*>(.*?)</th>", table)[:4] == [
        "variant", "time, s", "95 % interval", "/ system"]
    cells = [re.findall(r"<td[^>]*>(?:<span.*?</span>)?(.*?)</td>", line)
             for line in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]]
    assert [line[:4] for line in cells] == [["system", "0.25", "0.25..0.25", "1.00="],
                                           ["mine", "0.5", "0.5..0.5", "2.00"]]
    data = json.loads(re.search(r'id="data">(.*?)</script>', outcome.html).group(1))
    assert data["measure"] == {"name": "time", "unit": "s", "axis": "time, s", "more": False}
    (row,) = data["rows"]
    assert [cell["value"] for cell in row["cells"]] == [[0.25, 0.25, 0.25], [0.5, 0.5, 0.5]]
    assert [cell["ratio"][0] for cell in row["cells"]] == [1, 2] and row["title"] == title


def test_an_allocator_of_the_users_environment(bench, monkeypatch):
    """A preloaded one would be all variants; settings are a doubt."""
    bench.variant("system", "result 1", kind="system")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    outcome = bench.ab("system", "system", *TINY, "--reps", "9")
    assert outcome.status == 0
    assert "doubtful: the environment has settings of allocators: MALLOC_ARENA_MAX" in outcome.out
    monkeypatch.setenv("LD_PRELOAD", "/nowhere.so")
    outcome = bench.ab("system", "system", *TINY, "--reps", "9", out="none")
    assert outcome.status == 2 and outcome.err == (
        "ab: LD_PRELOAD is set, to /nowhere.so, and would take the place of every variant: unset "
        "it; --preload NAME=FILE adds an allocator\n")
    assert not (bench.root / "none").exists()


def test_a_command_runs_where_its_user_is(bench, monkeypatch):
    bench.launcher(monkeypatch, 'test -e "$2" || exit 1')
    bench.variant("system", "result 1", kind="system")
    (bench.root / "here").touch()
    words = ["--reps", "2", "--no-verdict"]
    assert bench.ab("system", "system", "--program", "ls here", *words).status == 0
    gone = bench.ab("system", "system", "--program", "ls missing", *words, out="gone")
    assert gone.status == 1
    assert "exit status 1 in 2 runs, the first: raw/command-ls-missing-system-1.out" in gone.summary


@pytest.mark.parametrize("words", ["[x]", "[bold]x[/red]", ":x:", "\udcff\udcfe", "a | b", "a\nb"])
def test_words_of_a_command_are_shown_as_they_are(bench, monkeypatch, words):
    """What is no text, as escapes that bash reads."""
    bench.launcher(monkeypatch, ":")
    bench.variant("system", "result 1", kind="system")
    outcome = bench.ab("system", "system", "--program", f"echo {shlex.quote(words)}", "--reps", "2",
                       "--no-verdict")
    assert outcome.status == 0, outcome.err
    shown = row.shell(["echo", words])
    assert subprocess.run(["bash", "-c", shown], capture_output=True, check=True).stdout == \
        os.fsencode(words) + b"\n"
    assert shown in " ".join(outcome.out.split())
    assert shown in outcome.summary.replace("\\|", "|")
    assert shown in html.unescape(outcome.html)


@pytest.mark.parametrize("command, says", [
    ("hakmem-no-such-program -x", "--program: there is no program hakmem-no-such-program"),
    ("ls 'x", "--program: ls 'x: No closing quotation"),
    ("", "--program: no command"),
])
def test_commands_that_cannot_be(bench, command, says):
    bench.variant("system", "result 1", kind="system")
    outcome = bench.ab("system", "system", "--program", command)
    assert outcome.status == 2 and says in outcome.err and outcome.err.count("\n") == 1


def test_a_static_variant_has_nothing_to_preload(bench):
    bench.variant("system", "result 1", kind="system")
    bench.variant("hakmem+static", "result 1", link="static")
    outcome = bench.ab("system", "hakmem+static", "--program", "ls")
    assert outcome.status == 2 and "hakmem+static has no library that can be preloaded" in outcome.err
