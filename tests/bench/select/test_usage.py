"""Wrong use of the matrix: what it is, what there is instead, exit status 2, nothing made."""

import json
import re

import pytest

PROGRAM_NAMES = (
    "bench_batch, bench_calloc, bench_churn, bench_cold, bench_false_sharing, bench_idle, "
    "bench_mid_large_mt, bench_prodcons, bench_random_mixed, bench_realloc, bench_tiny_hot, "
    "bench_vm_mixed, bench_vm_touched, larson"
)

REFUSED = {
    "unknown program": (
        ["--bench", "larsen"], f"matrix: --bench: there is no larsen; there are {PROGRAM_NAMES}\n"),
    "one of several": (
        ["--bench", "larson,bench_"],
        f"matrix: --bench: there is no bench_; there are {PROGRAM_NAMES}\n"),
    "unknown variant": (
        ["--variants", "hakmem,hakmen"],
        "matrix: --variants: there is no hakmen; there are hakmem, system, hakmem-low\n"),
    "missing peer": (
        ["--variants", "hakmem,je"],
        "matrix: --variants: je is not installed: apt install libjemalloc-dev\n"),
    "threads": (
        ["--threads", "3,5"],
        "matrix: --threads: no row of these benchmarks has 3, 5 threads; "
        "there are rows with 1, 2\n"),
    "threads of a program": (
        ["--bench", "tiny_hot", "--threads", "2"],
        "matrix: --threads: no row of these benchmarks has 2 threads; "
        "there are rows with 1, 2, 3\n"),
    "threads of the full set": (
        ["--full", "--threads", "5"],
        "matrix: --threads: no row of these benchmarks has 5 threads; "
        "there are rows with 1, 2, 3, 4, 8\n"),
}


@pytest.fixture
def lab(bench):
    for name, kind in (("hakmem", "profile"), ("system", "system"), ("hakmem-low", "profile")):
        bench.variant(name, "result 1000", kind=kind)
    bench.missing("je", "libjemalloc-dev")
    return bench


@pytest.mark.parametrize("name", REFUSED)
def test_refused(lab, name):
    words, says = REFUSED[name]
    outcome = lab.run(*words)
    assert (outcome.status, outcome.out, outcome.err) == (2, "", says)
    assert not outcome.folder.exists()
    assert lab.order() == []


@pytest.mark.parametrize("option, value, wants", [
    *(("--reps", value, "a whole number from 1 to 100000")
      for value in ("0", "x", "-1", "1.5", "", "100001", "9" * 30, "nan", "1e3")),
    *(("--threads", value, "a list of whole numbers from 1 to 100000, such as 1,2,4")
      for value in ("0", "two", "", "-1")),
    ("--seed", "x", "a whole number"),
    ("--seed", "1.5", "a whole number"),
    *(("--timeout", value, "a number of seconds from 0.001 to 86400")
      for value in ("0", "-1", "nan", "inf", "soon", "", "1e9")),
    ("--bench", "", "a list of names, such as a,b,c"),
    ("--variants", ",", "a list of names, such as a,b,c"),
])
def test_values(lab, option, value, wants):
    outcome = lab.run(f"{option}={value}")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.endswith(f"error: argument {option}: '{value}' is not {wants}\n")
    assert outcome.err.startswith("usage: bazel run //bench:matrix --")
    assert not outcome.folder.exists()


@pytest.mark.parametrize("words", [["--rep", "5"], ["--nonsense"], ["larson"], ["--full=yes"]])
def test_options(lab, words):
    outcome = lab.run(*words)
    assert (outcome.status, outcome.out) == (2, "")
    assert words[0].split("=")[0] in outcome.err
    assert not outcome.folder.exists()


@pytest.mark.parametrize("out", ["file", "file/below", "file/further/below"])
def test_out_below_a_file(lab, out):
    (lab.root / "file").write_text("precious")
    outcome = lab.run("--bench", "tiny_hot", out=out)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (f"matrix: --out: {lab.root / out}: Not a directory; name a folder that "
                           "can be made and written\n")
    assert (lab.root / "file").read_text() == "precious"
    assert lab.order() == []


def test_earlier_results_are_left_alone(lab):
    (lab.root / "out").mkdir()
    (lab.root / "out" / "results.csv").write_text("earlier")
    outcome = lab.run("--bench", "tiny_hot")
    assert outcome.status == 2
    assert outcome.err == (
        f"matrix: --out: {outcome.folder}: holds results already; name another folder\n"
    )
    assert (lab.root / "out" / "results.csv").read_text() == "earlier"


def test_out_is_relative_to_the_caller(lab, monkeypatch):
    (lab.root / "here").mkdir()
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(lab.root / "here"))
    assert lab.run("--bench", "tiny_hot", "--reps", "1", out="a/b").status == 0
    assert (lab.root / "here" / "a" / "b" / "results.csv").exists()


def test_out_in_brackets(lab):
    """A path is no markup."""
    outcome = lab.run("--bench", "tiny_hot", "--reps", "1", out="a[bold]b")
    assert outcome.status == 0
    assert f"results: {lab.root}/a[bold]b\n" in outcome.out


def test_default_out(lab):
    from bench import matrix

    words = ["--manifest", str(lab.manifest()), "--bench", "tiny_hot", "--reps", "1"]
    assert matrix.main(words) == 0
    (folder,) = (lab.root / "bench_results" / "suite").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", folder.name)
    assert {path.name for path in folder.iterdir()} == {
        "results.csv", "raw", "summary.md", "report.html", "run.json"}


def test_a_long_value_is_cut(lab):
    outcome = lab.run("--reps", "7" * 5000)
    assert outcome.status == 2
    assert f"'{'7' * 40}...' is not a whole number from 1 to 100000\n" in outcome.err


def test_help(lab):
    outcome = lab.run("--help")
    assert outcome.status == 0
    for option in ("--full", "--bench", "--variants", "--threads", "--reps", "--out", "--seed",
                   "--timeout"):
        assert option in outcome.out
    assert "--manifest" not in outcome.out


@pytest.mark.parametrize("content", [
    None, "", "{", "[]", "{}", json.dumps({"programs": [], "variants": [{}], "missing": []}),
    json.dumps({"programs": [], "variants": None, "missing": []}),
])
def test_manifest(lab, content):
    path = lab.root / "other.json"
    if content is not None:
        path.write_text(content)
    outcome = lab.run("--manifest", str(path))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"matrix: {path}: not a readable manifest (")
    assert not outcome.folder.exists()


def test_a_variant_named_twice_is_measured_once(lab):
    outcome = lab.run("--bench", "tiny_hot", "--reps", "1", "--variants", "system,hakmem,system")
    assert [line["variant"] for line in outcome.lines].count("system") == 1
    assert outcome.run["variants"] == ["system", "hakmem"]
