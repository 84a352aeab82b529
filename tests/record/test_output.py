"""The commands of gen/ as processes: whatever reads what they print."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parents[2]
START = """
import runpy, sys
from pathlib import Path
from gen.record import running
running.LIBRARY = Path(sys.argv[1])
name, sys.argv = sys.argv[2], sys.argv[2:]
runpy.run_module(f"gen.{name}{'' if name == 'generate' else '.command'}", run_name="__main__")
"""


@pytest.fixture
def start(library, tmp_path):
    """Starts a command, whose files are in tmp_path."""
    def popen(name: str, *args: str, **how) -> subprocess.Popen:
        env = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
        env |= {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
                "BUILD_WORKING_DIRECTORY": str(tmp_path), **how.pop("env", {})}
        return subprocess.Popen([sys.executable, "-c", START, str(library), name, *args],
                                **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
                                env=env, cwd=ROOT)

    return popen


@pytest.fixture
def run(start):
    """The same to the end: status and what it printed."""
    def main(*args: str, **how) -> tuple[int, bytes, bytes]:
        with start(*args, **how) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    return main


@pytest.fixture
def commands(run, known, tmp_path):
    """Words of each command, which all end well; profiles/ and app.rec are in tmp_path."""
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "default.yaml").write_bytes((ROOT / "profiles/default.yaml").read_bytes())
    assert run("record", "--out", "app.rec", sys.executable, "-S", "-c", "",
               env={"PYTHONMALLOC": "malloc"})[0] == 0
    folder = ("--profiles-dir", "profiles")
    return {
        "list": ["explain", *folder],
        "explain": ["explain", "default", *folder],
        "recording": ["explain", "default", "--recording", "app.rec", *folder],
        "fit": ["fit", "app.rec", "--name", "app", *folder],
        "record": ["record", "--out", "again.rec", known, "plain"],
        "generate": ["generate", "--profile", str(profiles / "default.yaml"), "--out-dir",
                     str(tmp_path / "sources")],
    }


COMMANDS = ["list", "explain", "recording", "fit", "record", "generate"]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_encoding_with_few_letters(name, commands, run):
    status, out, err = run(*commands[name], env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert (status, b"Traceback" in err) == (0, False), err
    assert out.isascii() and err.isascii()
    if name == "recording":  # its chart has bars all the same
        assert b"####" in out and b"\\u" not in out


def test_the_letters_of_a_terminal(commands, run):
    assert "████" in run(*commands["recording"], env={"PYTHONIOENCODING": "utf-8"})[1].decode()


def test_few_letters_on_a_terminal(commands, start):
    """Boxes and bars are drawn with those that there are."""
    main, terminal = pty.openpty()
    shown = b""
    with start(*commands["recording"], stdout=terminal, stderr=terminal,
               env={"PYTHONIOENCODING": "ascii", "TERM": "xterm"}) as process:
        os.close(terminal)
        try:
            while part := os.read(main, 1 << 16):
                shown += part
        except OSError:  # the other side is closed
            pass
        assert process.wait(60) == 0
    os.close(main)
    assert shown.isascii() and b"predicted" in shown and b"####" in shown and b"\\u" not in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_is_gone(name, commands, start, tmp_path):
    """As of `| head`: the command ends without a word, and has done what it does."""
    reads, writes = os.pipe()
    os.close(reads)
    with start(*commands[name], stdout=writes) as process:
        os.close(writes)
        err = process.communicate(timeout=120)[1]
    if name in ("record", "generate"):  # which do not write there
        assert process.returncode == 0
    else:
        assert (process.returncode, err) == (-signal.SIGPIPE, b"")
    assert (tmp_path / "profiles/app.yaml").exists() == (name == "fit")


@pytest.mark.parametrize("name", ["list", "explain", "recording", "fit"])
def test_output_that_cannot_be_written(name, commands, start):
    with open("/dev/full", "wb") as full, start(*commands[name], stdout=full) as process:
        err = process.communicate(timeout=120)[1].decode()
    assert (process.returncode, err) == (
        1, f"{commands[name][0]}: standard output: No space left on device\n")


def test_ctrl_c(commands, start, tmp_path):
    """While it waits for a file that does not come."""
    os.mkfifo(tmp_path / "profiles/slow.yaml")
    with start("explain", "slow", "--profiles-dir", "profiles") as process:
        with open(tmp_path / "profiles/slow.yaml", "wb"):  # now it reads
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"explain: interrupted\n")


def test_a_name_that_is_no_text(commands, run, tmp_path):
    """Bytes of a file's name that are no letters come out as escapes."""
    odd = os.fsencode(tmp_path) + b"/\xff.rec"
    os.link(tmp_path / "app.rec", odd)
    status, out, _ = run("fit", odd, "--name", "app", "--profiles-dir", "profiles", "--json",
                         "report.json")
    assert status == 0 and b"\\udcff.rec" in out
    assert json.loads((tmp_path / "report.json").read_text())["recordings"] == ["\\udcff.rec"]
