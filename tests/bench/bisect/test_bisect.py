"""bazel run //bench:bisect: the whole command, with programs that only say how fast they are."""

import csv
import json
import re
from pathlib import Path

import pytest
import yaml

from bench import bisection
from bench.lab.base import paths
from bench.lab.select import building
from tests.bench.bisect.test_by_commits import BAZELW, History, run

ROW = ["--row", "tiny_hot 32 100 300000", "--within", "4", "--seed", "3"]
# The library that is preloaded says how fast it is.
PRELOADED = """\
if grep -qa slowslow "${LD_PRELOAD:-/dev/null}"; then result $((80000000 + n * 7 % 5 * 9999))
else result $((100000000 + n * 7 % 5 * 9999)); fi
"""
PROFILES = Path(__file__).absolute().parents[3] / "profiles"


@pytest.fixture
def built(bench, monkeypatch, tmp_path):
    """In Bazel's place: variants whose speed follows from their profiles' files; `slow` keys make
    0.8 each."""
    slow: set[str] = set()
    asked: list[dict] = []

    def build(profiles, scratch, base="default", programs=()):
        bench._variants.clear()
        made = {"hakmem" if base == "default" else f"hakmem-{base}": {}, **{
            f"hakmem-{name}": yaml.safe_load(path.read_text()) for name, path in profiles.items()}}
        asked.append(made)
        for name, document in made.items():
            there = {f"{section}.{key}" for section, keys in document.items()
                     if isinstance(keys, dict) for key in keys}
            speed = int(1e8 * 0.8 ** len(there & slow))
            bench.variant(name, f"result $(({speed} + n * 37 % 11 * {speed // 2000}))",
                          programs=[*programs])
        bench.variant("system", PRELOADED, kind="system", programs=[*programs])
        bench.sweep = {"base": next(iter(made)), "points": {}}
        return bench.manifest()

    monkeypatch.setattr(building, "build_profiles", build)
    monkeypatch.setattr(paths, "PROFILES", PROFILES)
    bench.slow, bench.asked = slow, asked
    return bench


def bisect(bench, *words: str, out: str = "out"):
    bench._capsys.readouterr()
    try:
        status = bisection.main([*words, "--out", out])
    except SystemExit as error:
        status = error.code
    printed = bench._capsys.readouterr()
    return bench.outcome(status, printed.out, printed.err, out)


def test_the_key_that_makes_it(built):
    built.slow.add("central.transfer_batches")
    outcome = bisect(built, "hakmem", "hakmem-tiny-heavy", *ROW)
    assert outcome.status == 0, outcome.err
    text = " ".join(outcome.out.split())
    assert "front.list_max: 0, in B 32768" in text
    assert "The key that makes it: central.transfer_batches." in text
    assert "hakmem-tiny-heavy against hakmem, bench_tiny_hot 32 100 300000, speed: slower" in text
    assert "The key that makes it: central.transfer_batches." in outcome.summary
    found = json.loads((outcome.folder / "bisect.json").read_text())
    assert (found["kind"], found["left"], found["finished"]) == (
        "keys", ["central.transfer_batches"], True)
    assert found["total"]["verdict"] == "worse" and found["explained"] == pytest.approx(1, abs=0.1)
    with open(outcome.folder / "bisect.csv", newline="", encoding="utf-8") as file:
        steps = list(csv.DictReader(file))
    assert [step["purpose"] for step in steps][-2:] == ["effect", "effect"]
    assert {step["a"] for step in steps} == {"hakmem"}
    assert float(steps[-2]["effect"]) == pytest.approx(0.8, abs=0.01)
    assert (outcome.folder / "steps").is_dir() and outcome.run["interrupted"] is False
    # the profiles that are built are A with values of B
    assert all(document.get("base", "default") == "default" for made in built.asked
               for document in made.values())


def test_a_difference_in_memory(built):
    """The fake programs have the more memory, the faster they are."""
    built.slow.add("front.list_max")
    outcome = bisect(built, "hakmem", "hakmem-tiny-heavy", "--of", "memory", *ROW)
    assert outcome.status == 0
    assert "peak RSS: smaller by 20 %" in outcome.out
    assert "The key that makes it: front.list_max." in outcome.out


def test_no_difference(built):
    outcome = bisect(built, "hakmem", "hakmem-tiny-heavy", *ROW)
    assert outcome.status == 0
    assert "No difference is sure, so there is nothing to look for" in " ".join(outcome.out.split())
    assert json.loads((outcome.folder / "bisect.json").read_text())["left"] == [
        "front.list_max", "central.transfer_batches"]


def test_a_variant_that_crashes(built, monkeypatch):
    variant = built.variant
    monkeypatch.setattr(built, "variant", lambda name, body, **more: variant(
        name, "kill -SEGV $$" if "keys" in name else body, **more))
    outcome = bisect(built, "hakmem", "hakmem-tiny-heavy", *ROW)
    assert outcome.status == 1
    assert re.search(r"^bisect: hakmem-keys-1: bench_tiny_hot .*: sanity run ended by signal 11",
                     outcome.err, re.MULTILINE)


@pytest.mark.parametrize("words, says", [
    (["hakmem"], "name two profiles' variants, A and B, or --commits GOOD..BAD"),
    (["hakmem", "mi"], "B: mi is no profile's variant; there are hakmem, hakmem-"),
    (["hakmem", "hakmem-header-classidx-off"],
     "default and header-classidx-off have the same keys"),
    (["hakmem", "hakmem"], "default and default have the same keys"),
    (["hakmem", "hakmem-low-rss", "--commits", "a..b"], "--commits: takes the place of A and B"),
    (["hakmem", "hakmem-low-rss", "--variant", "hakmem"], "--variant: goes with --commits"),
    (["hakmem", "hakmem-low-rss", "--row", "nope 1"],
     "--row: there is no program nope; there are "),
    (["hakmem", "hakmem-low-rss", "--row", "tiny_hot 1"],
     "--row: bench_tiny_hot takes 3 arguments, such as 'bench_tiny_hot 16 10 100'; here are 1"),
    (["hakmem", "hakmem-low-rss", "--row", "'"], "is no row, such as"),
    (["--commits", "a", ], "--commits: a is not GOOD..BAD"),
])
def test_wrong_use(built, words, says):
    outcome = bisect(built, *ROW[2:], *(words if "--row" in words else [*ROW[:2], *words]))
    assert outcome.status == 2
    assert says in outcome.err
    assert outcome.err.startswith("bisect: ") and outcome.err.count("\n") == 1
    assert not outcome.folder.exists()


@pytest.fixture
def workspace(built, tmp_path, monkeypatch) -> History:
    """Commits whose library is an allocator; from the fourth on programs are slow with it."""
    made = History(tmp_path, 1)
    (made.root / "bazelw").write_text(BAZELW.replace("kill -INT $PPID; sleep 0.1; ", ""))
    (made.root / "bazelw").chmod(0o755)
    library = built.library("allocator.so").read_bytes()
    for number in range(1, 7):
        name = "slow" if number >= 4 else "fast"
        (made.root / "file").write_bytes(library + name.encode() * number)
        made.commits.append(made.commit(f"c{number}"))
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(made.root))
    return made


def test_the_commit_that_makes_it(built, workspace):
    good, bad = workspace.commits[1], workspace.commits[6]
    outcome = bisect(built, "--commits", f"{good[:12]}..{bad}", *ROW)
    assert outcome.status == 0, outcome.err
    assert re.search(r"The commit that makes it: \w+ c4\.", outcome.out)
    assert "5 commits after" in outcome.out
    assert run(workspace.root, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert len(list((outcome.folder / "builds").iterdir())) >= 4
    assert json.loads((outcome.folder / "bisect.json").read_text())["kind"] == "commits"


def test_a_commit_that_is_no_allocator_at_the_end_is_an_error(built, workspace):
    (workspace.root / "file").write_text("no library")
    workspace.commits.append(workspace.commit("c7"))
    outcome = bisect(built, "--commits", f"{workspace.commits[1]}..{workspace.commits[7]}", *ROW)
    assert outcome.status == 1
    assert "not a shared library" in outcome.err
    assert run(workspace.root, "worktree", "list", "--porcelain").count("worktree ") == 1
