"""The command: what it writes, and wrong use."""

import csv
import json

import pytest

from bench import header_ab
from bench.lab.header import recorded, rows
from bench.lab.run import execute
from bench.lab.select.real_programs import RealProgram

PROGRAMS = {
    "list": RealProgram("ls", "hardly anything", ("ls",), "ls", lambda *_: "ls"),
    "nothing": RealProgram("none", "nothing", ("hakmem-no-such-program",), "", lambda *_: ""),
}
GOOD = {"header": (2000, 100, 0), "map": (1000, 100, 0), "region": (1000, 200, 0)}
NROWS = sum(len(group.rows) for group in rows.groups())


@pytest.fixture
def study(tmp_path, fakes, capsys, monkeypatch):
    """Runs the command over fake programs: exit status, output, errors."""
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(recorded, "PROGRAMS", PROGRAMS)
    (tmp_path / "docs").mkdir()

    def run(*words: str, lookups=GOOD, out: str = "out") -> tuple[int, str, str]:
        try:
            status = header_ab.main([
                "--manifest", str(fakes(**lookups)), "--out", out, *words])
        except SystemExit as error:
            status = error.code
        return status, *capsys.readouterr()

    return run


def test_what_it_writes(study, tmp_path):
    status, out, err = study("--reps", "2", "--seed", "7", "--no-verdict")
    assert (status, err) == (0, "")
    assert "left out: nothing: hakmem-no-such-program not installed" in out
    assert f"{2 * 3 * NROWS} of {2 * 3 * NROWS} runs" in out
    document = (tmp_path / "docs" / "header-classidx.md").read_text()
    assert "- nothing: hakmem-no-such-program not installed" in document
    assert str(tmp_path) not in document
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "results.csv", "raw", "run.json", "comparisons.csv", "rounding.csv", "sizes.json"}
    with open(tmp_path / "out" / "comparisons.csv", newline="", encoding="utf-8") as file:
        speeds = [line for line in csv.DictReader(file)
                  if (line["measure"], line["variant_b"]) == (
                      "speed", "hakmem-header-classidx-on")]
    assert [float(line["effect"]) for line in speeds] == [2] * NROWS
    sizes = json.loads((tmp_path / "out" / "sizes.json").read_text())
    assert list(sizes["programs"]) == ["list"]
    assert sizes["left_out"] == {"nothing": "hakmem-no-such-program not installed"}


def test_quick_leaves_the_document_alone(study, tmp_path):
    assert study("--quick", "--reps", "1", "--no-verdict")[0] == 0
    assert not list((tmp_path / "docs").iterdir())
    assert "too short for conclusions" in (tmp_path / "out" / "header-classidx.md").read_text()


def test_some_rows_leave_the_document_alone(study, tmp_path):
    assert study("--reps", "1", "--bench", "cold", "--no-verdict")[0] == 0
    assert not list((tmp_path / "docs").iterdir())
    text = (tmp_path / "out" / "header-classidx.md").read_text()
    assert "cold blocks" in text and "hot blocks" not in text


def test_the_document_is_relative_to_the_caller(study, tmp_path):
    assert study("--reps", "1", "--document", "mine.md", "--no-verdict")[0] == 0
    assert (tmp_path / "mine.md").exists()
    assert not list((tmp_path / "docs").iterdir())


def test_a_lookup_whose_programs_fail(study, tmp_path):
    status, out, _ = study("--reps", "1", "--no-verdict", lookups={**GOOD, "region": (1, 1, 3)})
    assert status == 1
    assert "lookup-region: bench_tiny_hot 16 100 1500000: sanity run exit status 3" in out
    assert "no numbers" in (tmp_path / "docs" / "header-classidx.md").read_text()


@pytest.mark.parametrize("words, says", [
    (["--reps", "0"], "--reps: '0' is not a whole number from 1 to 100000"),
    (["--reps", "many"], "--reps: 'many' is not a whole number from 1 to 100000"),
    (["--timeout", "nan"], "--timeout: 'nan' is not a number of seconds from 0.001 to 86400"),
    (["--seed", "x"], "--seed: 'x' is not a whole number"),
    (["--repeat", "3"], "unrecognized arguments: --repeat 3"),
    (["larson"], "unrecognized arguments: larson"),
])
def test_options(study, tmp_path, words, says):
    status, out, err = study(*words)
    assert (status, out) == (2, "")
    assert err.startswith("usage: bazel run //bench:header_ab --") and says in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out, says", [
    ("docs", "is a folder; name a file, such as {root}/docs/header-classidx.md"),
    ("no/such/file.md", "there is no folder {root}/no/such; name a file in one that exists"),
])
def test_where_no_document_can_be(study, tmp_path, out, says):
    status, _, err = study("--document", out)
    assert status == 2
    assert err == f"header_ab: --document: {tmp_path / out}: {says.format(root=tmp_path)}\n"
    assert not (tmp_path / "out").exists()


def test_earlier_results_are_left_alone(study, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.csv").write_text("earlier")
    status, _, err = study()
    assert status == 2 and "holds results already; name another folder" in err
    assert (tmp_path / "out" / "results.csv").read_text() == "earlier"


def test_a_profile_that_was_not_built(study):
    status, _, err = study(lookups={"map": GOOD["map"], "header": GOOD["header"]})
    assert status == 2
    assert err == ("header_ab: there is no variant of the profile lookup-region, which has the "
                   "region lookup; profiles that were built: header-classidx-off, "
                   "header-classidx-on\n")


def test_help(study):
    status, out, _ = study("--help")
    assert status == 0
    for option in ("--reps", "--out", "--document", "--quick", "--bench", "--seed", "--timeout"):
        assert option in out


def test_interrupted_while_programs_are_recorded(study, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(recorded, "PROGRAMS",
                        {"list": RealProgram("ls", "", ("ls",), "ls", interrupt)})
    status, _, err = study("--reps", "1", "--no-verdict")
    assert (status, err) == (130, "header_ab: interrupted\n")
    assert not list((tmp_path / "docs").iterdir())


def test_interrupted_while_lookups_are_measured(study, tmp_path, monkeypatch):
    made, run = [], execute.run

    def interrupt(*args, **more):
        made.append(args)
        if len(made) > 120:
            raise KeyboardInterrupt
        return run(*args, **more)

    monkeypatch.setattr(execute, "run", interrupt)
    status, _, err = study("--reps", "2", "--no-verdict")
    assert status == 130 and "header_ab: interrupted: the finished runs are in" in err
    assert (tmp_path / "out" / "comparisons.csv").exists()
    assert not list((tmp_path / "docs").iterdir())
