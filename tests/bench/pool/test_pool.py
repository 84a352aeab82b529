"""bazel run //bench:pool: measurements of several occasions as one."""

import csv
import json
import math
import random
import re
from pathlib import Path

import pytest

from bench import pool

ROW = ("bench_tiny_hot", "32 100 300000")
OTHER = ("larson", "0.3 8 128 1024 1 12345 2")
COLUMNS = ("benchmark", "variant", "parameters", "ops_per_s", "rep", "status", "seconds",
           "peak_rss_kib", "minor_faults", "layout", "raw")


class Folders:
    """Folders of results that were never measured, and //bench:pool over them."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture):
        self.root, self._capsys = root, capsys
        self.rng = random.Random(5)

    def make(self, name: str, ratio: float, *, noise: float = 0.01, rounds: int = 12, rows=(ROW,),
             variants=("a", "b"), lost: int = 0, faults: tuple[int, int] = (500, 500),
             links: dict[int, float] | None = None, **about) -> Path:
        """A folder in which the second variant is `ratio` times as fast as the first, in all but
        the first `lost` rounds, in which it fails.  `links`: by what it is faster in each link;
        the rounds draw them in turn."""
        folder = self.root / name
        folder.mkdir()
        with open(folder / "results.csv", "w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, COLUMNS)
            out.writeheader()
            for rep in range(1, rounds + 1):
                for program, params in rows:
                    for which, variant in enumerate(variants):
                        fails = which == 1 and rep <= lost
                        speed = 1e8 * (ratio if which else 1) * math.exp(self.rng.gauss(0, noise))
                        link = rep % len(links) if links else ""
                        speed *= links[link] if links and which else 1
                        out.writerow({
                            "benchmark": program, "parameters": params, "variant": variant,
                            "rep": rep, "status": "ended by signal 11" if fails else "ok",
                            "ops_per_s": "" if fails else f"{speed:.0f}", "seconds": 1,
                            "peak_rss_kib": 4096, "minor_faults": faults[which % 2], "layout": link,
                            "raw": "log"})
        (folder / "run.json").write_text(json.dumps({
            "started": f"2026-05-0{len(list(self.root.iterdir()))}T10:00:00", "seed": 1,
            "variants": list(variants), "doubts": [], "interrupted": False, "reps": rounds,
            "machine": {"cpu": "fast", "cores": 2, "kernel": "6.1"}, "build": {"mode": "opt"},
            "profiles": {}, "command": "bazel run //bench:ab -- a b", **about}))
        return folder

    def pool(self, *words: object) -> tuple[int, str, str]:
        """Exit status, standard output and standard error, with blanks for line ends."""
        self._capsys.readouterr()
        try:
            status = pool.main([*map(str, words), "--out", str(self.root / "out")])
        except SystemExit as error:
            status = error.code
        printed = self._capsys.readouterr()
        return status, " ".join(printed.out.split()), printed.err

    def lines(self, name: str, measure: str = "speed") -> list[dict[str, str]]:
        with open(self.root / "out" / name, newline="", encoding="utf-8") as file:
            return [line for line in csv.DictReader(file) if line["measure"] == measure]

    @property
    def summary(self) -> str:
        return (self.root / "out" / "summary.md").read_text(encoding="utf-8")


@pytest.fixture
def folders(tmp_path, capsys, monkeypatch) -> Folders:
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    return Folders(tmp_path, capsys)


def many(folders: Folders, ratios: list[float], **more) -> list[Path]:
    return [folders.make(f"day{i}", ratio, **more) for i, ratio in enumerate(ratios)]


def test_what_holds_on_all_occasions_is_found(folders):
    status, out, err = folders.pool(*many(folders, [1.10, 1.11, 1.09, 1.10, 1.12, 1.10]))
    assert status == 0, err
    (line,) = folders.lines("comparisons.csv")
    assert (line["verdict"], line["occasions"], line["rounds"]) == ("better", "6", "72")
    assert float(line["effect"]) == pytest.approx(1.103, abs=0.005)
    assert "b against a, speed: faster in 1 of 1 rows" in out
    assert "b faster by 10 %" in out
    assert json.loads((folders.root / "out/run.json").read_text())["variants"] == ["a", "b"]


@pytest.mark.parametrize("links", [None, {i: 1 + 0.02 * i for i in range(-6, 6)}])
def test_layouts_that_all_occasions_share_are_no_proof(folders, links):
    """Whatever the occasions agree on, other links may be another 5 % off."""
    places = {i: links[key] for i, key in enumerate(links)} if links else None
    assert folders.pool(*many(folders, [1.02] * 5, links=places, rounds=24, noise=0.001))[0] == 0
    (line,) = folders.lines("comparisons.csv")
    assert line["verdict"] == ("not known" if links else "better")
    assert (float(line["high"]) - float(line["low"]) > 0.05) == bool(links)


def test_occasions_that_disagree_are_not_sure(folders):
    """Each alone is sure, in one direction or the other."""
    status, out, _ = folders.pool(*many(folders, [1.2, 0.85, 1.15, 0.9, 1.1]))
    assert status == 0
    (line,) = folders.lines("comparisons.csv")
    assert line["verdict"] == "not known"
    assert float(line["low"]) < 0.95 and float(line["high"]) > 1.1
    alone = folders.lines("occasions.csv")
    assert all(float(one["low"]) > 1 or float(one["high"]) < 1 for one in alone)
    assert float(alone[0]["between"]) == pytest.approx(0.15, abs=0.05)
    # the mean is off by 3 %, with 15 % between occasions: (4.3 * 15 / 3)^2
    assert 300 < int(re.search(r"about (\d+) occasions would tell", out)[1]) < 1000
    assert "| bench_tiny_hot 32 100 300000 | 1" in folders.summary  # the spread, and each effect
    assert f"{float(alone[1]['effect']):.3f}, {float(alone[1]['low']):.3f}.." in folders.summary


def test_the_same_on_all_occasions(folders):
    many_days = many(folders, [1.0] * 6)
    folders.pool(*many_days, "--same-within", "3")
    assert folders.lines("comparisons.csv")[0]["verdict"] == "same"


def test_two_occasions_are_hardly_enough(folders):
    status, out, _ = folders.pool(*many(folders, [1.10, 1.12]))
    assert status == 0
    assert folders.lines("comparisons.csv")[0]["verdict"] == "not known"
    assert "all rows have 2 occasions only" in out and "6.5 times as wide" in out
    assert "**Doubtful: all rows have 2 occasions only" in folders.summary


def test_many_occasions_are_no_reason_to_doubt(folders):
    _, out, _ = folders.pool(*many(folders, [1.1] * 4))
    assert "doubtful" not in out


def test_a_failed_run_leaves_no_verdict(folders):
    days = many(folders, [1.1] * 5)
    days.append(folders.make("bad", 1.1, lost=2))
    status, out, err = folders.pool(*days)
    assert status == 1
    assert folders.lines("comparisons.csv")[0]["verdict"] == "lost runs"
    assert "2 runs failed: no verdict" in out
    assert err == ("pool: failed: occasion 6: b: bench_tiny_hot 32 100 300000: ended by signal 11: "
                   "round 1\n")


def test_also_if_all_runs_of_an_occasion_failed(folders):
    days = many(folders, [1.1] * 5)
    days.append(folders.make("bad", 1.1, lost=12))
    status, *_ = folders.pool(*days)
    assert status == 1
    assert folders.lines("comparisons.csv")[0]["verdict"] == "lost runs"


def test_machines_kernels_and_builds_may_differ_and_that_is_said(folders):
    days = many(folders, [1.1] * 4)
    days.append(folders.make("there", 1.1, machine={"cpu": "slow", "cores": 2, "kernel": "6.18"},
                             build={"mode": "dbg"}, profiles={"a": "x"}))
    status, out, _ = folders.pool(*days)
    assert status == 0
    assert "the occasions differ: cpu: fast in 1, 2, 3, 4; slow in 5" in out
    assert "kernel: 6.1 in 1, 2, 3, 4; 6.18 in 5" in out
    assert "build of the allocators: mode opt in 1, 2, 3, 4; mode dbg in 5" in out
    assert "profile of a: None in 1, 2, 3, 4; x in 5" in out
    assert folders.lines("comparisons.csv")[0]["verdict"] == "better"


def test_doubts_of_an_occasion_are_said(folders):
    days = many(folders, [1.1] * 4)
    days.append(folders.make("noisy", 1.1, doubts=["the load was 7"], interrupted=True))
    _, out, _ = folders.pool(*days)
    assert "occasion 5: the load was 7" in out and "occasion 5 was interrupted" in out


def test_a_row_that_one_folder_has_is_left_out(folders):
    days = many(folders, [1.1] * 4)
    days.append(folders.make("more", 1.1, rows=(ROW, OTHER)))
    _, out, _ = folders.pool(*days)
    assert [line["benchmark"] for line in folders.lines("comparisons.csv")] == [ROW[0]]
    assert "occasion 1 has no part in larson 0.3 8 128 1024 1 12345 2: was not measured" in out


def test_an_occasion_of_few_rounds_has_no_part(folders):
    days = many(folders, [1.1] * 4)
    days.append(folders.make("short", 9.0, rounds=5))
    _, out, _ = folders.pool(*days)
    assert folders.lines("comparisons.csv")[0]["occasions"] == "4"
    assert "occasion 5 has no part in bench_tiny_hot 32 100 300000: too few runs to tell: 5" in out


def test_a_zero_is_compared_by_difference_on_all_occasions(folders):
    days = [folders.make(f"day{i}", 1.0, faults=(0, 300 + i) if i == 2 else (200, 500 + i))
            for i in range(5)]
    folders.pool(*days)
    alone = folders.lines("occasions.csv", "page faults")
    assert {line["scale"] for line in alone} == {"difference"}
    assert [float(line["effect"]) for line in alone] == [300, 301, 302, 303, 304]


def test_variants_by_name(folders):
    days = [folders.make(f"day{i}", 1.2, variants=("x", "a", "b")) for i in range(4)]
    folders.pool(*days, "--a", "b", "--b", "a")
    (line,) = folders.lines("comparisons.csv")
    assert (line["variant_a"], line["variant_b"]) == ("b", "a")


def test_rows_of_so_many_threads(folders):
    days = many(folders, [1.1] * 4, rows=(ROW, OTHER))
    folders.pool(*days, "--threads", "2")
    assert [line["benchmark"] for line in folders.lines("comparisons.csv")] == ["larson"]


def test_a_command_of_the_user_is_about_time(folders):
    days = many(folders, [1.1] * 4, rows=(("command", "git log --stat"),))
    folders.pool(*days)
    assert folders.lines("comparisons.csv", "time")[0]["parameters"] == "git log --stat"


def test_what_was_joined_stands_for_its_occasions(folders):
    days = many(folders, [1.1] * 4)
    folders.pool(*days)
    (folders.root / "out").rename(folders.root / "joined")
    last = folders.make("last", 1.1)
    folders.pool("joined", last)
    assert [line["occasion"] for line in folders.lines("occasions.csv")] == list("12345")


@pytest.mark.parametrize("words, says", [
    (["gone", "day0"], "gone: there is no such folder; name a folder of results"),
    (["day0"], "1 folder of results: name at least 2"),
    (["day0", "empty"], "empty: holds no results.csv"),
    (["day0", "broken"], "run.json is not readable"),
    (["day0", "day0"], "are the same measurement; name each once"),
    (["day0", "single"], "single: has no runs of b; there are runs of a"),
    (["single", "day0"], "single: has one variant only, a; it takes two"),
    (["day0", "day1", "--b", "c"], "day0: has no runs of c; there are runs of a, b"),
    (["day0", "day1", "--a", "b", "--b", "b"], "--a, --b: both are b; there are a, b"),
    (["day0", "else"], "no row has enough rounds of both variants in two of the folders"),
    (["day0", "day1", "--bench", "nope"], "--bench: there is no nope; there are bench_tiny_hot"),
])
def test_wrong_use(folders, words, says):
    many(folders, [1.1, 1.1])
    (folders.root / "empty").mkdir()
    broken = folders.make("broken", 1.1)
    (broken / "run.json").write_text("{")
    folders.make("single", 1.1, variants=("a",))
    folders.make("else", 1.1, rows=(OTHER,))
    status, _, err = folders.pool(*words)
    assert status == 2
    assert says in err and err.startswith("pool: ") and err.count("\n") == 1
    assert not (folders.root / "out").exists()


def test_a_folder_with_results_is_not_written_over(folders):
    days = many(folders, [1.1] * 4)
    assert folders.pool(*days)[0] == 0
    status, _, err = folders.pool(*days)
    assert (status, "holds results already" in err) == (2, True)
