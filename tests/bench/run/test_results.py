"""What the matrix writes, over fake programs whose numbers are known."""

import math
import re
import statistics
import subprocess

import pytest

from bench.lab.select import rows
from bench.lab.select.programs import PROGRAMS

AWK = (
    'NR>1 && $2=="hakmem"{h[$1 "," $3]=$4} NR>1 && $2=="system"{s[$1 "," $3]=$4} '
    'END{for(k in h) if(s[k]) printf "%s %+.1f%%\\n", k, (h[k]/s[k]-1)*100}'
)
COLUMNS = ("benchmark,variant,parameters,ops_per_s,rep,status,ops,seconds,peak_rss_kib,"
           "rss_kib,minor_faults,user_s,sys_s,p50_ns,p99_ns,p999_ns,max_ns,layout,raw")
TINY = "bench_tiny_hot 32 100 300000"
ONE_THREAD = "larson 0.3 8 128 1024 1 12345 1"
TWO_THREADS = "larson 0.3 8 128 1024 1 12345 2"


@pytest.fixture
def measured(bench):
    """Three rows, six variants, seven repetitions with some noise."""
    bench.variant("hakmem", "result $((90000000 + n * 137 % 11 * 1000))")
    bench.variant("system", "result $((30000000 + n * 71 % 13 * 1000))", kind="system")
    bench.variant("mi", "result $((60000000 + n * 53 % 7 * 1000))", kind="peer")
    bench.variant("same", "result $((30000000 + (n * 29 + 5) % 13 * 1000))")
    bench.variant("null", "result 300000000", kind="reference")
    bench.variant("floor", "result 120000000", kind="reference")
    bench.missing("je", "libjemalloc-dev")
    bench.missing("tbb", "libtbb-dev")
    return bench.run("--bench", "tiny_hot,larson", "--reps", "7", "--seed", "3")


def medians(outcome, column="ops_per_s"):
    """(row, variant) -> median, from results.csv alone."""
    values = {}
    for line in outcome.lines:
        key = (f"{line['benchmark']} {line['parameters']}", line["variant"])
        values.setdefault(key, []).append(float(line[column]))
    return {key: statistics.median(them) for key, them in values.items()}


def millions(value):
    return f"{value / 1e6:.3g}" if value < 1e7 else f"{value / 1e6:.1f}"


def test_csv(measured):
    assert measured.status == 0, measured.out + measured.err
    head, *lines = measured.csv
    assert ",".join(head) == COLUMNS
    assert all(len(line) == len(head) for line in lines)
    # floor and null are not in the row with two threads
    assert len(lines) == 7 * (3 * 6 - 2)
    seen = {(line["benchmark"], line["parameters"], line["variant"], line["rep"])
            for line in measured.lines}
    assert len(seen) == len(lines)
    assert {line["rep"] for line in measured.lines} == set("1234567")
    assert not any('"' in cell or "," in cell for line in lines for cell in line)
    one = next(line for line in measured.lines if line["variant"] == "null")
    assert {key: one[key] for key in ("ops_per_s", "status", "ops", "seconds", "peak_rss_kib",
                                      "rss_kib", "minor_faults", "user_s", "sys_s")} == {
        "ops_per_s": "300000000", "status": "ok", "ops": "1000", "seconds": "0.500000",
        "peak_rss_kib": "300000", "rss_kib": "5", "minor_faults": "7", "user_s": "0.250000",
        "sys_s": "0.125000",
    }


def test_csv_is_what_the_programs_printed(measured):
    for line in measured.lines:
        raw = (measured.folder / line["raw"]).read_text()
        assert f"ops_per_s={line['ops_per_s']} " in raw
        assert f'params="{line["parameters"]}"' in raw
        assert f"bench={line['benchmark']} " in raw


def test_awk(measured):
    done = subprocess.run(["awk", "-F,", AWK, measured.folder / "results.csv"],
                          capture_output=True, text=True, check=True)
    last = {}
    for line in measured.lines:
        last[f"{line['benchmark']},{line['parameters']}", line["variant"]] = line["ops_per_s"]
    expected = {
        f"{row} {(float(last[row, 'hakmem']) / float(last[row, 'system']) - 1) * 100:+.1f}%"
        for row, _ in last
    }
    assert len(expected) == 3
    assert set(done.stdout.splitlines()) == expected


def test_summary_follows_from_csv(measured):
    speeds = medians(measured)
    peaks = medians(measured, "peak_rss_kib")
    tables = measured.tables()
    assert {row for row, _ in speeds} == set(tables)
    for (row, variant), speed in speeds.items():
        mops, interval, system, mi, best, floor, gross, net, peak = tables[row][variant]
        assert mops == millions(speed)
        low, high = map(float, interval.split(".."))
        assert low <= float(mops) <= high
        assert system.rstrip("=?") == f"{speed / speeds[row, 'system']:.2f}"
        assert mi.rstrip("=?") == f"{speed / speeds[row, 'mi']:.2f}"
        assert best == mi  # mi is faster than system in each row
        fastest = speeds.get((row, "floor"))
        assert floor == (f"{100 * speed / fastest:.0f} %" if fastest else "")
        assert gross == f"{1e9 / speed:.2f}"
        middle, low, high = map(float, re.fullmatch(
            r"([\d.]+) \(([\d.]+)\.\.([\d.]+)\)", net).groups()) if net else (None,) * 3
        assert (middle is None) == (row == TWO_THREADS), "null serves one thread"
        if middle is not None:
            assert low <= middle <= high
            assert middle == pytest.approx(1e9 / speed - 1e9 / speeds[row, "null"], abs=0.011)
        assert peak == f"{peaks[row, variant] / 1024:.1f}"


def test_summary_of_all_rows_follows_from_csv(measured):
    speeds = medians(measured)
    rows = sorted({row for row, _ in speeds})
    overall = measured.sections()["All rows"]
    assert set(overall) >= {"hakmem", "system", "mi", "same"}
    assert not {"null", "floor"} & set(overall)
    for variant in ("hakmem", "system", "mi", "same"):
        ratios = [speeds[row, variant] / speeds[row, "system"] for row in rows]
        mean = math.prod(ratios) ** (1 / len(ratios))
        vs_system, vs_best, worst, row = overall[variant]
        assert vs_system == f"{mean:.2f}"
        assert worst == f"{min(ratios):.2f}"
        assert row in rows
        best = [speeds[row, variant] / speeds[row, "mi"] for row in rows]
        assert vs_best == f"{math.prod(best) ** (1 / len(best)):.2f}"


def test_speeds_at_a_glance(measured):
    speeds = medians(measured)
    table = measured.sections()["Speeds, M ops/s"]
    names = table.pop("row")
    assert names == ["hakmem", "system", "mi", "same"]  # no references
    assert table == {row: [millions(speeds[row, name]) for name in names]
                     for row in (TINY, ONE_THREAD, TWO_THREADS)}


def test_no_difference_is_marked(measured):
    for row in (TINY, ONE_THREAD, TWO_THREADS):
        table = measured.tables()[row]
        assert table["system"][2] == "1.00="
        assert table["same"][2] == "1.00="
        assert table["hakmem"][2] == "3.00"


def test_fastest_first_and_references_last(measured):
    table = measured.tables()[TINY]
    names = list(table)
    assert names[:2] == ["hakmem", "mi"]
    assert set(names[2:4]) == {"system", "same"}
    assert names[4:] == ["null", "floor"]


@pytest.mark.parametrize("name, speed", [("floor", "120.0"), ("null", "300.0")])
def test_references_are_left_out_of_rows_with_threads(measured, name, speed):
    reason = "the references serve one thread only"
    table = measured.tables()
    assert table[TWO_THREADS][name][0] == reason
    assert table[ONE_THREAD][name][0] == speed
    assert f"{name}: {reason}" in measured.out
    assert reason in measured.html
    assert not any(line["variant"] == name and line["parameters"].endswith("12345 2")
                   for line in measured.lines)


def test_missing_peers_are_named(measured):
    for text in (measured.out, measured.summary, measured.html):
        for name, package in (("je", "libjemalloc-dev"), ("tbb", "libtbb-dev")):
            assert re.search(rf"^(<p>)?{name} is .*not installed \(package {package}\)", text,
                             re.MULTILINE)
    assert measured.run["missing"] == [{"name": "je", "package": "libjemalloc-dev"},
                                       {"name": "tbb", "package": "libtbb-dev"}]


def test_html(measured):
    page = measured.html
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>")
    own = re.sub(r'<script id="library">.*?</script>', "", page, flags=re.DOTALL)
    assert not re.search(r"https?:|//\w+\.|\bsrc=|<link\b|@import|url\(", own)
    sections = dict(re.findall(r"<h3 id=.*?>(.*?)</h3>(.*?)(?=<h3|\Z)", own, re.DOTALL))
    for row, table in measured.tables().items():
        section = next(body for title, body in sections.items() if title.startswith(row))
        for name, cells in table.items():
            lines = [re.sub(r"<[^>]*>", "\n", line).split("\n")
                     for line in re.findall(r"<tr.*?</tr>", section, re.DOTALL)]
            line = next(line for line in lines if name in line)
            assert all(cell in line for cell in cells), (row, name)


def test_run_json(measured):
    run = measured.run
    assert run["rows"] == [TINY, ONE_THREAD, TWO_THREADS]
    assert run["variants"] == ["hakmem", "system", "mi", "same", "null", "floor"]
    assert run["reps"] == 7 and run["seed"] == 3 and run["interrupted"] is False
    assert run["command"].startswith("bazel run //bench:matrix -- ")
    assert "--bench tiny_hot,larson" in run["command"]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$", run["started"])
    assert len(run["load_before"]) == len(run["load_after"]) == 3
    assert run["build"] == {"copts": "-O2"} and run["profiles"] == {}
    machine = run["machine"]
    assert {"cpu", "cores", "memory_mib", "kernel", "libc", "governor", "transparent_huge_pages",
            "gcc", "clang", "python", "packages"} <= set(machine)
    assert machine["cores"] >= 1 and machine["memory_mib"] > 0
    assert "libmimalloc-dev" in machine["packages"]


def test_profile_hashes(bench, tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "default.yaml").write_text("")
    bench.variant("hakmem", "result 1000")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1")
    assert outcome.run["profiles"] == {
        "default": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }


@pytest.fixture
def checkout(bench, monkeypatch):
    """Calls git in the workspace, whose settings are its own; nothing lies above it."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(bench.root.parent))
    for name, value in (("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null"),
                        ("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.org"),
                        ("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.org")):
        monkeypatch.setenv(name, value)
    bench.variant("hakmem", "result 1000")

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(bench.root), *words], check=True, text=True,
                              capture_output=True).stdout.strip()

    return git


def test_the_commit(bench, checkout):
    """Of the workspace; a file that differs from it, or is not in it, is told."""
    checkout("init", "-q")
    assert bench.run("--bench", "tiny_hot", "--reps", "1", out="0").run["commit"] is None
    (bench.root / ".gitignore").write_text("/*\n!/source.c\n!/new.c\n")
    (bench.root / "source.c").write_text("int one;\n")
    checkout("add", "-f", ".gitignore", "source.c")
    checkout("commit", "-q", "-m", "first")
    for number, (name, text, clean) in enumerate((
            ("source.c", "int one;\n", True), ("source.c", "int two;\n", False),
            ("source.c", "int one;\n", True), ("new.c", "", False)), start=1):
        (bench.root / name).write_text(text)
        run = bench.run("--bench", "tiny_hot", "--reps", "1", out=str(number)).run
        assert run["commit"] == {"id": checkout("rev-parse", "HEAD"), "clean": clean}, number


def test_no_commit_without_git(bench, checkout, monkeypatch):
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1", out="outside")
    assert outcome.status == 0 and outcome.run["commit"] is None
    checkout("init", "-q")
    checkout("commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.setenv("PATH", str(bench.root / "nothing"))
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1", out="no-git")
    assert outcome.run["commit"] is None


def test_terminal_table(measured):
    speeds = medians(measured)
    for row in (TINY, ONE_THREAD, TWO_THREADS):
        assert row in measured.out
        assert re.search(rf"^ *hakmem +{re.escape(millions(speeds[row, 'hakmem']))} ",
                         measured.out, re.MULTILINE)
    assert measured.out.rstrip().endswith(f"results: {measured.folder}")


# What is shown of a row on a terminal so wide.
SHOWN = {
    160: ("variant M ops/s 95 % interval / system / mi / best peer of floor ns gross ns net "
          "peak MiB"),
    100: "variant M ops/s / system / mi / best peer of floor ns net peak MiB",
    80: "variant M ops/s / system / best peer of floor peak MiB",
    60: "variant M ops/s / system / best peer",
}


@pytest.mark.parametrize("columns", SHOWN)
def test_narrow_terminal(bench, columns):
    """Columns are left out, and named; no number and no name is cut."""
    bench.variant("hakmem-header-classidx-off", "result 90000000")
    bench.variant("system", "result 30000000", kind="system")
    bench.variant("mi", "result 60000000", kind="peer")
    shown = bench.on_a_terminal(columns, "--bench", "tiny_hot", "--reps", "6")
    assert "…" not in shown
    lines = shown.splitlines()
    assert all(len(line) <= columns for line in lines if not line.startswith("results: "))
    heads = next(" ".join(line.split()) for line in lines if line.startswith("variant"))
    assert heads == SHOWN[columns]
    cells = dict(zip(
        ("variant", "M ops/s", "95 % interval", "/ system", "/ mi", "/ best peer", "of floor",
         "ns gross", "ns net", "peak MiB"),
        ("hakmem-header-classidx-off", "90.0", "90.0..90.0", "3.00", "1.50", "1.50", "", "11.11",
         "", "87.9")))
    expected = [value for name, value in cells.items() if value and name in SHOWN[columns]]
    row = next(line.split() for line in lines if line.startswith("hakmem-header"))
    assert row == expected
    assert ("The terminal is too narrow for ns gross" in shown) == (columns < 160)


def test_one_run_has_no_interval(bench):
    bench.variant("hakmem", "result 2000")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1")
    assert outcome.tables()[TINY]["hakmem"][1] == "too few runs"
    assert "inf" not in outcome.summary + outcome.out + outcome.html_words


def test_same_seed_same_order(bench):
    for name in ("hakmem", "system", "mi"):
        bench.variant(name, "result 1000")
    orders = []
    for n, seed in enumerate(("5", "5", "6")):
        before = len(bench.order())
        words = ("--bench", "tiny_hot,larson", "--reps", "3", "--seed", seed)
        assert bench.run(*words, out=f"out{n}").status == 0
        orders.append(bench.order()[before:])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


def test_interleaved(bench):
    """Everything runs once before anything runs twice."""
    for name in ("hakmem", "system"):
        bench.variant(name, "result 1000")
    outcome = bench.run("--bench", "tiny_hot,larson", "--reps", "4", "--seed", "1")
    order = bench.order()
    rounds = [order[i:i + 6] for i in range(0, len(order), 6)]
    assert len(rounds) == 4 and all(len(set(one)) == 6 for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert [line["rep"] for line in outcome.lines] == sorted(line["rep"] for line in outcome.lines)


def test_the_recorded_seed_gives_the_order_again(bench):
    for name in ("hakmem", "system", "mi"):
        bench.variant(name, "result 1000")
    first = bench.run("--bench", "tiny_hot,larson", "--reps", "2")
    order = bench.order()
    seed = str(first.run["seed"])
    bench.run("--bench", "tiny_hot,larson", "--reps", "2", "--seed", seed, out="again")
    assert bench.order() == order + order


@pytest.mark.parametrize("words, rows", [
    (["--bench", "larson"], {ONE_THREAD, TWO_THREADS}),
    (["--bench", "bench_tiny_hot"], {TINY}),
    (["--bench", "tiny_hot"], {TINY}),
    (["--bench", "larson,tiny_hot", "--threads", "1"], {ONE_THREAD, TINY}),
    (["--bench", "larson", "--threads", "2,4"], {TWO_THREADS}),
    (["--full", "--bench", "larson"], {
        f"larson {rounds} 12345 {n}" for rounds in ("3 8 128 1024 1", "1 8 128 1024 1000")
        for n in (1, 2, 4, 8)}),
    (
        ["--bench", "cold"],
        {
            "bench_cold 2000000 400000 16 512 unread 42",
            "bench_cold 2000000 256 32769 65536 unread 42",
        },
    ),
    (["--bench", "bench_idle"], {"bench_idle 256 2"}),
    (["--bench", "vm_touched,prodcons"], {"bench_vm_touched 20000 256 424242",
                                          "bench_prodcons 2 4000000 1024 42"}),
    (["--bench", "churn,calloc", "--threads", "3"], {"bench_churn 2 1000 2000 42"}),
])
def test_choice_of_rows(bench, words, rows):
    bench.variant("hakmem", "result 1000")
    bench.variant("system", "result 1000", kind="system")
    outcome = bench.run(*words, "--reps", "1", "--variants", "hakmem")
    assert outcome.status == 0
    assert set(outcome.tables()) == rows
    assert {line["variant"] for line in outcome.lines} == {"hakmem"}


def test_full_has_the_parameters_of_the_seed(bench):
    """But for the amount of work, where that took some milliseconds."""
    bench.variant("hakmem", "result 1000")
    titles = bench.run("--full", "--reps", "1").run["rows"]
    without_amounts = {re.sub(r"\b\d{5,8}\b", "N", row) for row in titles}
    assert {
        "bench_random_mixed N 8192 42", "bench_random_mixed N 400 42",
        "bench_mid_large_mt 2 N 2048 42", "bench_mid_large_mt 4 N 2048 42",
        "bench_vm_mixed N 256 N",
        "bench_tiny_hot 32 100 N", "bench_tiny_hot 64 100 N",
        *(f"larson 3 8 128 1024 1 N {n}" for n in (1, 4, 8)),
    } <= without_amounts
    assert {row.split()[0] for row in titles} == set(PROGRAMS)


def test_short_runs_of_some_programs_are_made_by_name_only():
    assert {row.program for row in rows.QUICK} == {
        "bench_tiny_hot", "bench_random_mixed", "larson", "bench_mid_large_mt", "bench_vm_mixed"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_can_be_asked_for(bench, program):
    bench.variant("hakmem", "result 1000")
    for words in ([], ["--full"]):
        outcome = bench.run(*words, "--bench", program, "--reps", "1", out=f"out{len(words)}")
        assert outcome.status == 0
        assert {row.split()[0] for row in outcome.run["rows"]} == {program}


@pytest.mark.parametrize("program", ["realloc", "calloc", "idle"])
def test_references_are_left_out_where_they_cannot_run(bench, program):
    for name in ("null", "floor"):
        bench.variant(name, "result 1000", kind="reference")
    bench.variant("hakmem", "result 1000")
    outcome = bench.run("--bench", program, "--reps", "1")
    assert outcome.status == 0
    for table in outcome.tables().values():
        assert table["null"][0] == table["floor"][0] == "the references serve malloc and free only"
    assert {line["variant"] for line in outcome.lines} == {"hakmem"}


def test_static_is_not_the_best_peer(bench):
    """Ratios to the best peer compare shared libraries."""
    bench.variant("hakmem", "result 3000")
    bench.variant("system", "result 1000", kind="system")
    bench.variant("system+static", "result 6000", kind="system", link="static")
    table = bench.run("--bench", "tiny_hot", "--reps", "1").tables()[TINY]
    assert table["hakmem"][4].rstrip("=?") == "3.00"
