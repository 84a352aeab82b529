"""bazel run //bench:history over folders of results."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import history
from bench.lab.run.folder import COLUMNS
from tests.bench.history import kept
from tests.bench.history.kept import LARSON, TINY

ROOT = Path(__file__).absolute().parents[3]


@dataclass
class Outcome:
    status: int
    out: str
    err: str
    folder: Path

    @property
    def data(self) -> dict:
        return json.loads((self.folder / "history.json").read_text(encoding="utf-8"))

    @property
    def lines(self) -> list[dict[str, str]]:
        with open(self.folder / "history.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def series(self, variant: str, measure: str = "speed", row=TINY) -> list[dict]:
        """Of history.json, at each place."""
        return [one for one in self.data["series"] if (one["benchmark"], one["parameters"]) == row
                and (one["variant"], one["measure"]) == (variant, measure)]

    @property
    def words(self) -> str:
        """What was printed, without line ends."""
        return " ".join(self.out.split())


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """bazel run //bench:history -- `words`, in this process."""
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))

    def call(*words: str, out: str = "out") -> Outcome:
        capsys.readouterr()
        try:
            status = history.main([*words, f"--out={out}"])
        except SystemExit as error:
            status = error.code
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err, tmp_path / out)

    return call


def test_a_change_and_the_commits_around_it(run, tmp_path):
    """The machine is 3 % faster on one day than on the next, which the ratio to system does not
    show."""
    kept.history(tmp_path / "kept", 24, change=15, by=0.95)
    outcome = run("kept")
    assert (outcome.status, outcome.err) == (0, "")
    (one,) = outcome.series("hakmem")
    assert (one["relative_to"], one["verdict"]) == ("system", "worse")
    (change,) = one["changes"]
    assert (change["before"], change["after"], change["better"]) == (14, 15, False)
    assert change["ratio"] == pytest.approx(0.95, abs=0.02)
    assert one["levels"] == pytest.approx([3, 2.85], rel=0.02)
    names = [entry["commit"] for entry in outcome.data["measurements"]]
    assert names == [f"{day + 1:02d}cccccccc" for day in range(24)]
    for text in (outcome.words, (outcome.folder / "report.html").read_text(encoding="utf-8")):
        assert f"Between {kept.name(14)} and {kept.name(15)}" in text
        assert "slower by" in text
    assert [entry["verdict"] for entry in outcome.data["series"]].count("same") == 5
    assert "1 of 6 series" in outcome.words
    assert outcome.out.rstrip().endswith(f"results: {outcome.folder}")
    assert {path.name for path in outcome.folder.iterdir()} == {
        "history.csv", "history.json", "report.html"}


def test_points_are_medians_of_rounds(run, tmp_path):
    """Speed relative to system's in the same round, and as measured; peaks."""
    kept.history(tmp_path / "kept", 2)
    lines = run("kept").lines
    second = max(line["started"] for line in lines)
    with open(tmp_path / "kept/suite/day01/results.csv", newline="", encoding="utf-8") as file:
        runs = [line for line in csv.DictReader(file)]
    speeds = {name: [float(line["ops_per_s"]) for line in runs if line["variant"] == name]
              for name in ("hakmem", "system")}
    ratios = sorted(a / b for a, b in zip(speeds["hakmem"], speeds["system"]))
    mine = {(line["measure"], line["relative_to"]): line for line in lines
            if line["variant"] == "hakmem" and line["started"] == second}
    assert set(mine) == {("speed", ""), ("speed", "system"), ("peak RSS", "")}
    value = {key: float(line["value"]) for key, line in mine.items()}
    assert value["speed", "system"] == pytest.approx((ratios[2] + ratios[3]) / 2, rel=1e-5)
    middle = sorted(speeds["hakmem"])[2:4]
    assert value["speed", ""] == pytest.approx(sum(middle) / 2e6, rel=1e-5)
    assert value["peak RSS", ""] == pytest.approx(10_000 / 1024, rel=1e-5)
    assert mine["speed", ""]["unit"] == "M ops/s" and mine["speed", ""]["verdict"] == ""
    assert mine["speed", "system"]["verdict"] == "too few"
    assert len(lines) == 2 * (3 + 2 + 3), "system itself is relative to nothing; no references"


def test_the_csv_has_levels_and_changes(run, tmp_path):
    kept.history(tmp_path / "kept", 24, change=15)
    lines = [line for line in run("kept").lines
             if line["variant"] == "hakmem" and line["relative_to"]]
    levels = [float(line["level"]) for line in lines]
    assert levels == [levels[0]] * 15 + [levels[15]] * 9
    assert levels[15] == pytest.approx(0.9 * levels[0], rel=0.03)
    assert [i for i, line in enumerate(lines) if line["change_percent"]] == [15]
    assert float(lines[15]["change_percent"]) == pytest.approx(-10, abs=2)


def test_the_order_is_that_of_time(run, tmp_path):
    """Not that of names, nor of the folders above; time zones count."""
    for day, name in ((2, "a"), (0, "c"), (1, "x/b")):
        kept.measurement(tmp_path / "kept" / name, day)
    path = tmp_path / "kept/c/run.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({**about, "started": "2026-01-02T20:00:00+08:30"}))
    folders = [one["folder"] for one in run("kept").data["measurements"]]
    assert [Path(one).name for one in folders] == ["c", "b", "a"]


def test_without_system_speeds_are_judged_as_measured(run, tmp_path):
    speeds = {"hakmem": 90e6, "mi": 60e6}
    for day in range(24):
        kept.measurement(tmp_path / "kept" / str(day), day, speeds=speeds,
                         factor=lambda row, name, day=day: 0.7 if day >= 12 else 1)
    (one,) = run("kept").series("hakmem")
    assert (one["relative_to"], one["unit"], one["verdict"]) == (None, "M ops/s", "worse")


def test_memory(run, tmp_path):
    kept.history(tmp_path / "kept", 9)
    for day in range(9, 18):
        kept.measurement(tmp_path / "kept" / str(day), day,
                         peak=lambda row, name: 13_000 if name == "hakmem" else 10_000)
    outcome = run("kept", "--fail-on-regression")
    (one,) = outcome.series("hakmem", "peak RSS")
    assert [change["after"] for change in one["changes"]] == [9]
    assert "larger by 30.0 %" in outcome.words
    assert outcome.status == 1


def test_a_command_is_about_time(run, tmp_path):
    """Less is better."""
    row = ("command", "git log --stat")
    for day in range(20):
        kept.measurement(tmp_path / "kept" / str(day), day, rows=[row], speeds={
            "hakmem": 9, "system": 3}, factor=lambda row, name, day=day: (
                0.8 if day >= 10 and name == "hakmem" else 1))
    outcome = run("kept")
    (one,) = outcome.series("hakmem", "time", row)
    assert one["verdict"] == "worse" and one["levels"] == pytest.approx([1 / 3, 1 / 2.4], rel=0.02)
    assert "time, s" in outcome.words and "git log --stat" in outcome.out


# ---- machines ------------------------------------------------------------------------------------


def test_another_machine_has_series_of_its_own(run, tmp_path):
    """One that comes later and is twice as fast is no change."""
    other = {"cpu": "Other CPU"}
    for day in range(28):
        kept.measurement(tmp_path / "kept" / str(day), day, machine=other if day >= 14 else {},
                         factor=lambda row, name, day=day: (
                             2 if day >= 14 and name == "hakmem" else 1))
    outcome = run("kept")
    found = outcome.series("hakmem")
    assert [one["place"]["cpu"] for one in found] == ["Some CPU", "Other CPU"]
    assert [len(one["points"]) for one in found] == [14, 14]
    assert [one["verdict"] for one in found] == ["same", "same"]
    assert "Measured on 2 machines" in outcome.words
    assert "On Some CPU, 2 processors" in outcome.out
    assert "On Other CPU, 2 processors" in outcome.out


def test_a_debug_build_has_series_of_its_own(run, tmp_path):
    kept.history(tmp_path / "kept", 14)
    kept.measurement(tmp_path / "kept/debug", 20, build={"mode": "dbg", "copts": []},
                     factor=lambda row, name: 0.1)
    outcome = run("kept")
    assert [len(one["points"]) for one in outcome.series("hakmem")] == [14, 1]
    assert "built in mode dbg" in outcome.out


def test_what_else_changed_is_named(run, tmp_path):
    """Another kernel, library, profile, flag: the series goes on, the change is marked with it."""
    kept.history(tmp_path / "kept", 12)
    for day in range(12, 24):
        kept.measurement(tmp_path / "kept" / str(day), day, profiles={"default": "cd34"},
                         factor=lambda row, name: 0.9 if name == "hakmem" else 1,
                         machine={"kernel": "6.18", "packages": {"libc6": "2.36-10"}},
                         build={"mode": "opt", "copts": ["-O3"]})
    outcome = run("kept")
    assert len(outcome.series("hakmem")[0]["points"]) == 24
    assert ("What else changed in between: kernel: 6.1, then 6.18; flags: -O2, then -O3; libc6: "
            "2.36-9, then 2.36-10; profile default.") in outcome.words


@pytest.mark.parametrize("commit, name", [
    (None, ""), ({"id": "ab" * 20, "clean": False}, "ababababab+"), ("other", "")])
def test_commits_may_be_unknown_or_unclean(run, tmp_path, commit, name):
    kept.measurement(tmp_path / "kept/0", 0, commit=commit)
    assert {line["commit"] for line in run("kept").lines} == {name}


# ---- too few -------------------------------------------------------------------------------------


def test_too_few(run, tmp_path):
    """They are shown, and how many it takes."""
    kept.history(tmp_path / "kept", 5, change=2, by=0.5)
    outcome = run("kept")
    assert outcome.status == 0
    assert {one["verdict"] for one in outcome.data["series"]} == {"too few"}
    needs = outcome.data["needs"]
    assert f"too few: it takes {needs}" in outcome.words and 8 <= needs <= 12
    assert "6 series have too few measurements to tell: at most 5, and it takes" in outcome.words
    outcome = run("kept", "--fail-on-regression", out="again")
    assert (outcome.status, outcome.err) == (
        0, "history: --fail-on-regression: cannot tell yet: too few measurements: 5, and it takes "
           f"{needs}\n")


def test_a_row_of_one_day_is_not_shown(run, tmp_path):
    kept.history(tmp_path / "kept", 3)
    kept.measurement(tmp_path / "kept/4", 4, rows=[TINY, LARSON])
    outcome = run("kept")
    assert "larson" not in outcome.out.replace("measured once", "")
    assert "3 variants in their rows were measured once and are in history.csv only" \
        in outcome.words
    assert any(line["benchmark"] == "larson" for line in outcome.lines)


def test_one_measurement_is_shown(run, tmp_path):
    kept.measurement(tmp_path / "kept/0", 0)
    outcome = run("kept")
    assert outcome.status == 0 and "bench_tiny_hot 32 100 300000" in outcome.out


# ---- --fail-on-regression ------------------------------------------------------------------------


@pytest.mark.parametrize("variant, by, status", [
    ("hakmem", 0.9, 1), ("hakmem", 1.1, 0), ("hakmem", 1, 0), ("mi", 0.9, 0)])
def test_fail_on_regression(run, tmp_path, variant, by, status):
    for day in range(20):
        kept.measurement(tmp_path / "kept" / str(day), day, factor=lambda row, name, day=day: (
            by if day >= 12 and name == variant else 1))
    outcome = run("kept", "--fail-on-regression")
    assert outcome.status == status
    if status:
        assert outcome.err.startswith(
            "history: --fail-on-regression: bench_tiny_hot 32 100 300000: hakmem: speed: slower by")
        assert outcome.err.endswith(f" since {kept.name(12)}\n")
    else:
        assert outcome.err == ""
    assert run("kept", out="without").status == 0


def test_a_regression_that_was_repaired_is_none(run, tmp_path):
    for day in range(45):
        kept.measurement(tmp_path / "kept" / str(day), day, factor=lambda row, name, day=day: (
            0.9 if 15 <= day < 30 and name == "hakmem" else 1))
    outcome = run("kept", "--fail-on-regression")
    (one,) = outcome.series("hakmem")
    assert [change["after"] for change in one["changes"]] == [15, 30]
    assert (outcome.status, one["verdict"]) == (0, "better")


def test_nothing_of_hakmem_to_fail_on(run, tmp_path):
    kept.history(tmp_path / "kept", 20)
    outcome = run("kept", "--fail-on-regression", "--variants", "mi,system")
    assert outcome.status == 2 and not outcome.folder.exists()
    assert outcome.err == (
        "history: --fail-on-regression: nothing that is shown is of a variant of hakmem's; choose "
        "others, or name other folders\n")


# ---- choice --------------------------------------------------------------------------------------


def test_choice(run, tmp_path):
    kept.history(tmp_path / "kept", 2, rows=(TINY, LARSON, ("gone", "1 'a b'")))
    def of(*words, out):
        return {(one["benchmark"], one["variant"]) for one in run("kept", *words, out=out).lines}
    programs = {"bench_tiny_hot", "larson", "gone"}
    assert of(out="0") == {(program, name) for program in programs
                           for name in ("hakmem", "system", "mi")}
    assert of("--bench", "tiny_hot,gone", "--variants", "null", out="1") == {
        ("bench_tiny_hot", "null"), ("gone", "null")}
    assert of("--threads", "2", "--variants", "hakmem", out="2") == {("larson", "hakmem")}
    (one,) = run("kept", "--variants", "hakmem", "--bench", "tiny_hot", out="3").series("hakmem")
    assert one["relative_to"] == "system", "which need not be chosen for that"


def test_since(run, tmp_path):
    kept.history(tmp_path / "kept", 24, change=12)
    outcome = run("kept", "--since", "2026-01-13", "--fail-on-regression")
    assert len(outcome.data["measurements"]) == 12
    assert (outcome.status, outcome.err) == (0, "")


def test_least(run, tmp_path):
    kept.history(tmp_path / "kept", 24, change=12, by=0.95, noise=0.002)
    assert run("kept").series("hakmem")[0]["verdict"] == "worse"
    outcome = run("kept", "--least", "8", "--fail-on-regression", out="again")
    assert (outcome.status, outcome.series("hakmem")[0]["verdict"]) == (0, "same")


def test_a_folder_below_two_that_are_given_counts_once(run, tmp_path):
    kept.history(tmp_path / "kept", 3)
    outcome = run("kept", "kept/suite", "kept/suite/day01")
    assert outcome.err == "" and len(outcome.data["measurements"]) == 3


def test_default_folders(run, tmp_path):
    """The workspace's, where the history's own files and those of other commands are no results."""
    results = kept.history(tmp_path / "bench_results", 2)
    (results / "perf" / "1").mkdir(parents=True)
    (results / "perf" / "1" / "run.json").write_text('{"tool": {"name": "perf"}}')
    (results / "mutants" / "raw").mkdir(parents=True)
    (results / "mutants" / "mutants.csv").touch()
    assert history.main([]) == 0
    (folder,) = (results / "history").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", folder.name)
    outcome = run()
    assert len(outcome.data["measurements"]) == 2 and outcome.err == ""


# ---- what cannot be read -------------------------------------------------------------------------

HEAD = ",".join(COLUMNS) + "\n"
BAD = {
    "half a line": (lambda path: cut(path / "results.csv", cells=7),
                    "results.csv: line 25: no peak_rss_kib; "),
    "no number": (lambda path: change(path / "results.csv", ",10000,", ",lots,"),
                  "results.csv: line 2: peak_rss_kib is 'lots', not a number from 0 up"),
    "an open quote": (lambda path: change(path / "results.csv", "32 100 300000", "'32"),
                      "results.csv: bench_tiny_hot '32: No closing quotation; "),
    "empty": (lambda path: (path / "results.csv").write_text(HEAD),
              "results.csv: no run has numbers; "),
    "no results": (lambda path: (path / "results.csv").unlink(),
                   "holds no results.csv; name a folder of results"),
    "nothing": (lambda path: [file.unlink() for file in list(path.iterdir())],
                "holds no results.csv; name a folder of results"),
    "broken JSON": (lambda path: change(path / "run.json", '"command":', '"command"'),
                    "run.json: line 1: no JSON (Expecting ':' delimiter); "),
    "no run.json": (lambda path: (path / "run.json").unlink(),
                    "run.json: No such file or directory; name a folder whose measurement came to "
                    "its end"),
    "no time": (lambda path: change(path / "run.json", '"started"', '"begun"'),
                "run.json: started is None, not a time such as 2026-01-31T12:00:00+01:00"),
    "another time": (lambda path: change(path / "run.json", "2026-01-03T", "03/01/2026 "),
                     "run.json: started is '03/01/2026 12:00:00+00:00', not a time such as "),
    "old": (lambda path: change(path / "results.csv", "benchmark,variant", "name,allocator"),
            "results.csv: line 2: no benchmark; results of bench:matrix or bench:ab have "),
    "a copy": (lambda path: copy(path.parent / "day01", path), "the same measurement as "),
}


def cut(path: Path, cells: int) -> None:
    """Ends the last line behind so many cells, as a full disk might."""
    *lines, last = path.read_text().splitlines()
    path.write_text("\n".join([*lines, ",".join(last.split(",")[:cells])]))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def copy(one: Path, other: Path) -> None:
    for file in one.iterdir():
        (other / file.name).write_text(file.read_text())


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_skipped(run, tmp_path, name):
    """With one line that names the file; the others are shown."""
    kept.history(tmp_path / "kept", 4)
    path = tmp_path / "kept/suite/day02"
    spoil, says = BAD[name]
    spoil(path)
    outcome = run("kept")
    assert outcome.status == 0
    assert outcome.err.startswith(f"history: skipped: {path}") and says in outcome.err
    assert outcome.err.count("\n") == 1
    assert [Path(one["folder"]).name for one in outcome.data["measurements"]] == [
        "day00", "day01", "day03"]
    (line,) = outcome.data["skipped"]
    assert outcome.err == f"history: skipped: {line}\n"
    assert "Skipped folders: 1." in outcome.words


def test_nothing_can_be_read(run, tmp_path):
    (tmp_path / "kept" / "empty").mkdir(parents=True)
    outcome = run("kept")
    kept_path = tmp_path / "kept"
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (
        f"history: skipped: {kept_path}/empty: holds no results.csv; name a folder of results\n"
        f"history: {kept_path}: no folder of results that can be read; measure with bazel run "
        "//bench:matrix, or name other folders\n")
    assert not outcome.folder.exists()


@pytest.mark.parametrize("words, says", [
    (["gone"],
     "history: {}/gone: there is no such folder; name folders of results, or measure with bazel run "
     "//bench:matrix\n"),
    ([], "history: {}/bench_results: there is no such folder; "),
    (["kept", "--bench", "larsen"],
     "history: --bench: there is no larsen; there are bench_tiny_hot\n"),
    (["kept", "--threads", "7"],
     "history: --threads: no row of these benchmarks has 7 threads; there are rows with 1\n"),
    (["kept", "--variants", "tc"],
     "history: --variants: there is no tc; there are hakmem, system, mi, null\n"),
    (["kept", "--since", "2027-01-01"],
     "history: --since: no measurement was started at 2027-01-01 00:00:00"),
    (["kept", "--out", "kept/suite/day00"], "history: --out: {}/kept/suite/day00: holds results "
                                            "already; name another folder\n"),
])
def test_wrong_use(run, tmp_path, words, says):
    kept.history(tmp_path / "kept", 2)
    capture = run(*words) if "--out" not in words else run(*words[:1], out=words[2])
    assert capture.status == 2
    assert capture.err.startswith(says.format(tmp_path))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option, says", [
    ("--since=yesterday", "'yesterday' is not a day or a time, such as 2026-01-31 or "),
    ("--least=0", "'0' is not a percentage from 0.001 to 100"), ("--folder", "--folder"),
])
def test_options(run, option, says):
    outcome = run(option)
    assert outcome.status == 2 and says in outcome.err


def test_ctrl_c(tmp_path):
    """Ends the command at once, with one line; nothing is left behind."""
    rows = [("bench_tiny_hot", f"32 100 {i}") for i in range(200)]
    for day in range(30):
        kept.measurement(tmp_path / "kept" / str(day), day, rows=rows, rounds=1,
                         factor=lambda row, name, day=day: 0.5 if day >= 15 and name == "hakmem"
                         else 1)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
           "BUILD_WORKSPACE_DIRECTORY": str(tmp_path), "BUILD_WORKING_DIRECTORY": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "import sys\nfrom bench import history\n"
                           "from bench.lab.history import judge\n"
                           "find = judge.levels.find\n"
                           "def told(*words):\n print('judging', flush=True)\n"
                           " return find(*words)\n"
                           "judge.levels.find = told\n"
                           "sys.exit(history.main(['kept', '--out', 'out']))"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
                          start_new_session=True) as process:
        assert process.stdout.readline() == "judging\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "history: interrupted\n")
    assert not (tmp_path / "out").exists()
