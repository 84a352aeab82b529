"""A command and what it starts: ended together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.lab.base import processes


def ended(process: int, within: float = 5) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def run(text: str, timeout: float = 30, **more):
    return processes.run(["sh", "-c", text], timeout, dict(os.environ), **more)


def test_what_a_command_says(tmp_path):
    assert run("pwd; echo why >&2; exit 3", folder=tmp_path) == (3, f"{tmp_path}\n", "why\n")
    assert run("cat; kill -SEGV $$") == (-signal.SIGSEGV, "", "")


def test_what_does_not_end_is_ended_with_its_children():
    status, out, _ = run("echo $$; (echo $(exec sh -c 'echo $PPID'); sleep 60) & wait", 0.5)
    assert status is None
    processes = [int(word) for word in out.split()]
    assert len(processes) == 2 and all(map(ended, processes))


def test_a_process_that_left_the_group_holds_up_nothing():
    start = time.monotonic()
    assert run("setsid sleep 20 & sleep 20", 0.2)[0] is None
    assert time.monotonic() - start < 10


def test_a_command_in_the_background_ends_with_the_one_that_started_it():
    start = time.monotonic()
    status, out, _ = run("sleep 60 & echo $!; exit 5")
    assert status == 5 and time.monotonic() - start < 10 and ended(int(out))


def test_of_much_output_the_end_is_kept():
    status, out, _ = run("yes | head -c 3000000; echo end")
    assert status == 0 and out.endswith("y\nend\n") and len(out) < 1_100_000
    assert out.startswith("[1951428 bytes before]\n")


def test_grace():
    """The command may end by itself, and is killed if it does not."""
    body = "trap 'echo last words; exit 0' INT; while :; do sleep 0.05; done"
    assert run(body, 0.3, grace=10) == (None, "last words\n", "")
    assert run("trap '' INT; while :; do sleep 0.05; done", 0.3, grace=0.3)[0] is None


def test_ctrl_c_ends_it(tmp_path):
    code = (f"import os; from bench.lab.base import ending, processes; "
            f"ending.guarded('x', lambda: processes.run(['sh', '-c', 'echo $$ > {tmp_path}/pid; "
            f"sleep 60'], 60, dict(os.environ)))")
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[1] == "x: interrupted\n"
    assert ended(int((tmp_path / "pid").read_text()))


def test_ctrl_c_while_it_starts(tmp_path, monkeypatch):
    """The process is there, its starter has not returned yet."""
    popen, before = subprocess.Popen, signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(*args, **more):
        process = popen(*args, **more)
        (tmp_path / "pid").write_text(str(process.pid))
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(processes.subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("sleep 60")
    assert ended(int((tmp_path / "pid").read_text()))
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


@pytest.mark.parametrize("code, status", [
    ("import bench.lab", -signal.SIGINT),
    ("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); import bench.lab", 0),
])
def test_ctrl_c_before_there_is_anything_to_keep(code, status):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import os; os.kill(os.getpid(), 2)"],
        stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
