"""Every command on a narrow terminal, in a locale without letters, before a reader that is gone."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from gen import screen
from tests.bench.history import kept

ROOT = Path(__file__).absolute().parents[3]
COMMANDS = ("ab", "fit_study", "header_ab", "history", "list", "matrix", "noise", "perf", "replay",
            "simulate", "sweep")
SHORT = ("ab", "history", "list", "matrix", "noise")  # that run without a build
ASCII = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0",
         "PYTHONCOERCECLOCALE": "0"}


def start(command: str, *words: str, stdout=subprocess.PIPE, **environment: str):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **environment}
    return subprocess.run([sys.executable, "-m", f"bench.{command}", *words], stdout=stdout,
                          stderr=subprocess.PIPE, env=env, check=False, timeout=60)


@pytest.fixture
def lab(bench):
    bench.variant("hakmem", "result 90000000 4096 409", profile="default")
    bench.variant("hakmem-header-classidx-off", "result 80000000 4096 409", profile="low-rss")
    bench.variant("system", "result 60000000 2048", kind="system")
    bench.variant("mi", "result 70000000 2048", kind="peer")
    return bench


def words_of(lab, command: str) -> list[str]:
    """A short call that prints all its tables."""
    if command == "history":
        kept.history(lab.root / "kept", 20, change=10)
        return ["kept", "--out", "out"]
    first = ["--manifest", str(lab.manifest())]
    if command == "list":
        return first
    rows = ["--bench", "tiny_hot", "--reps", "10", "--out", "out"]
    return first + {"ab": ["hakmem", "mi", *rows], "matrix": rows,
                    "noise": ["--trials", "2", *rows]}[command]


@pytest.mark.parametrize("columns", [30, 60, 100])
@pytest.mark.parametrize("command", SHORT)
def test_columns(lab, command, columns):
    """No line is longer, no number and no name is cut, whether it is a terminal or not."""
    done = start(command, *words_of(lab, command), COLUMNS=str(columns))
    assert done.returncode == 0, done.stderr
    out = done.stdout.decode()
    too_long = [line for line in out.splitlines()
                if len(line) > columns and not line.startswith("results: ")]
    assert too_long == [] and "…" not in out
    if command == "ab":
        for word in ("90", "70", "0.778", "slower by"):
            assert word in out


def test_without_columns_nothing_is_folded(lab):
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run([sys.executable, "-m", "bench.ab", *words_of(lab, "ab")],
                          capture_output=True, check=False, text=True,
                          env={**environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])})
    assert re.search(r"^bench_tiny_hot 32 100 \d+  ", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", SHORT)
def test_a_locale_without_letters(lab, command):
    done = start(command, *words_of(lab, command), **ASCII)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


@pytest.mark.parametrize("environment", [ASCII, {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"}])
def test_a_name_that_the_locale_has_no_letters_for(lab, monkeypatch, environment):
    lab.launcher(monkeypatch, ":")
    command = ("import sys; from bench import ab; from bench.lab.base import paths; from pathlib "
               f"import Path; paths.LAUNCHER = Path({str(lab.root / 'command')!r}); "
               "sys.exit(ab.main())")
    done = subprocess.run(
        [sys.executable, "-c", command, "--manifest", str(lab.manifest()), "--out", "out", "system",
         "system", "--reps", "9", "--program", "echo \N{LATIN SMALL LETTER E WITH ACUTE}t"],
        capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **environment})
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and b"echo" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    """In ASCII, and into a pipe that nobody reads."""
    done = start(command, "--help", **ASCII)
    assert (done.returncode, done.stderr) == (0, b"") and b"examples:" in done.stdout
    assert gone(command, "--help") == (141, b"")


def gone(command: str, *words: str) -> tuple[int, bytes]:
    read, write = os.pipe()
    os.close(read)
    try:
        done = start(command, *words, stdout=write)
    finally:
        os.close(write)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", SHORT)
def test_a_reader_that_is_gone(lab, command):
    assert gone(command, *words_of(lab, command)) == (141, b"")
    if command == "list":
        assert gone(command, *words_of(lab, command), "--json") == (141, b"")


def test_nobody_reads_the_error(lab):
    """That is no reason for a traceback elsewhere."""
    read, write = os.pipe()
    os.close(read)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-m", "bench.list", "nothing"], stdout=subprocess.PIPE,
                          stderr=write, env=env, check=False)
    os.close(write)
    assert (done.returncode, done.stdout) == (2, b"")


def shown(width: int, **more) -> str:
    text = io.StringIO()
    heads = ["name", "number", "what it is"]
    lines = [["first", "123456789", "some words that are long enough to fold"],
             ["second", "1", "x"]]
    more = {"folds": (2,), "words": (0, 2)} | more
    lacking = screen.put(Console(file=text, width=width), heads, lines, title="Title", **more)
    return text.getvalue() + f"lacking {lacking}"


def test_the_three_ways_to_fit():
    """As it is; folded; as paragraphs."""
    assert "first   123456789  some words that are long enough to fold" in shown(80)
    folded = shown(40)
    assert "first   123456789  some words that are" in folded and "long enough to fold" in folded
    apart = shown(24)
    assert apart.startswith("Title\nfirst\n  number: 123456789\n  what it is: some")
    assert max(map(len, apart.splitlines()[:-1])) <= 24
    without = shown(24, folds=(), dispensable=("what it is",))
    assert without.endswith("lacking ['what it is']") and "some words" not in without
