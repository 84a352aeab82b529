"""The command that tries mutants, in a made-up checkout whose Bazel reads its verdicts from there."""

import csv
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.mutants import command, mutants
from tests.mutants.mutants import DoesNotApply, ListError, Mutant

ROOT = Path(__file__).absolute().parents[2]
# A suite passes if the file of its name says so; with "broken" in it, it does not build.
BAZELW = """#!/usr/bin/python3
import json, sys, time
from pathlib import Path
words = dict(word.split("=", 1) for word in sys.argv if word.startswith("--") and "=" in word)
if sys.argv[-1] == "shutdown":
    open("{log}", "a").write("shutdown\\n")
    sys.exit()
with open(words["--build_event_json_file"], "w") as events:
    for suite in (word for word in sys.argv if word.startswith("//")):
        text = Path(suite.split(":")[1]).read_text()
        if "sleep" in text:
            open("{log}", "a").write("asleep\\n")
            time.sleep(60)
        status = {{"good": "PASSED", "bad": "FAILED", "slow": "TIMEOUT"}}.get(text.strip())
        if status:
            json.dump({{"id": {{"testSummary": {{"label": suite}}}},
                       "testSummary": {{"overallStatus": status}}}}, events)
            events.write("\\n")
"""
LIST = {
    "killed": ("one", "good", "bad"),
    "hangs": ("one", "good", "slow"),
    "survives": ("one", "good", "good\\n"),
    "no-build": ("one", "good", "broken"),
    "gone": ("one", "better", "bad"),
    "twice": ("one", "o", "bad"),
    "alone": ("two", "bad", "good"),
    "no-python": ("code.py", "pass", "pass)"),
}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Its suites are //:one, which passes, and //:two, which does not."""
    root = tmp_path / "work"
    (root / "tests" / "mutants").mkdir(parents=True)
    (root / ".git").mkdir()
    for name, text in (("one", "good"), ("two", "bad"), ("code.py", "pass\n")):
        (root / name).write_text(text)
    script = root / "bazelw"
    script.write_text(BAZELW.format(log=tmp_path / "log"))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (root / "tests" / "mutants" / "all.toml").write_text("".join(
        f'[{name}]\nfile = "{file}"\ntext = "{text}"\nreplacement = "{replacement}"\n'
        f'suites = ["//:{"two" if file == "two" else "one"}"]\nbreaks = "Something."\n'
        for name, (file, text, replacement) in LIST.items()))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(root))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return root


def outcomes(checkout, out="out"):
    with open(checkout.parent / out / "mutants.csv", newline="", encoding="utf-8") as file:
        return {line["mutant"]: (line["outcome"], line["about"]) for line in csv.DictReader(file)}


def test_each_outcome(checkout, capsys):
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    assert command.main(["--out", "out"]) == 1
    assert outcomes(checkout) == {
        "killed": ("killed", ""),
        "hangs": ("killed", ""),
        "survives": ("SURVIVES", "//:one"),
        "no-build": ("does not build", "//:one"),
        "gone": ("does not apply", "its text is in the file 0 times"),
        "twice": ("does not apply", "its text is in the file 2 times"),
        "alone": ("suite fails without it", "//:two"),
        "no-python": ("does not build", "unmatched ')' (code.py, line 1)"),
    }
    shown = capsys.readouterr().out
    assert "2 of 8 killed" in shown and "Something." in shown
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before
    assert not list((checkout.parent / "tmp").iterdir())
    assert (checkout.parent / "log").read_text() == "shutdown\n"


def test_none_survives(checkout):
    assert command.main(["killed", "hangs", "--out", "out"]) == 0
    assert list(outcomes(checkout)) == ["killed", "hangs"]


def test_a_name_that_none_has(checkout, capsys):
    assert command.main(["nobody"]) == 2
    assert "there is no mutant nobody; there are killed, hangs" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(number, checkout):
    """Neither the copy nor the server is left."""
    (checkout / "one").write_text("sleep")
    process = subprocess.Popen([sys.executable, "-m", "tests.mutants.command", "--out", "out"],
                               env={**os.environ, "PYTHONPATH": str(ROOT)})
    log = checkout.parent / "log"
    while not log.exists():
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(20) == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert log.read_text() == "asleep\nshutdown\n"
    assert not list((checkout.parent / "tmp").iterdir())


ENTRY = {"file": '"a"', "text": '"b"', "replacement": '"c"', "suites": '["//a:b"]', "breaks": '"d"'}


@pytest.mark.parametrize("name, changes, problem", [
    ("Big", {}, "a name is of small letters"),
    ("m", {"text": '"c"'}, "the replacement changes nothing"),
    ("m", {"text": '""'}, "the replacement changes nothing"),
    ("m", {"suites": '"//a:b"'}, "suites is a list"),
    ("m", {"suites": "[]"}, "suites are labels"),
    ("m", {"suites": '["a:b"]'}, "suites are labels"),
    ("m", {"breaks": '"d\\ne"'}, "breaks is one line"),
    ("m", {"file": "1"}, "every other value a string"),
    ("m", {"files": '"a"'}, "a mutant has the keys file, text, replacement, suites, breaks"),
])
def test_a_list_that_is_wrong(name, changes, problem, tmp_path):
    lines = [f"{key} = {value}\n" for key, value in {**ENTRY, **changes}.items()]
    (tmp_path / "all.toml").write_text(f"[{name}]\n" + "".join(lines))
    with pytest.raises(ListError, match=f"all.toml: {name}: .*{problem}"):
        mutants.read(tmp_path)


def test_names_are_unique(tmp_path):
    for file in ("one", "two"):
        (tmp_path / f"{file}.toml").write_text(
            "[m]\n" + "".join(f"{key} = {value}\n" for key, value in ENTRY.items()))
    with pytest.raises(ListError, match="m: there are two of that name"):
        mutants.read(tmp_path)


def test_no_such_file(tmp_path):
    with pytest.raises(DoesNotApply, match="there is no such file"):
        Mutant("m", "none", "a", "b", ("//a:b",), "d").applied(tmp_path)
