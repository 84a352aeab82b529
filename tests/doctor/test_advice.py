"""What the recorder counts, and which profile is argued for."""

import subprocess
from pathlib import Path

import pytest

from gen.doctor.advice import advise
from gen.doctor.command import RECORDER, ROOT, examine
from gen.doctor.run import NotRecorded, Seen, run
from gen.profiles import known_profiles


@pytest.fixture(scope="module")
def load(tmp_path_factory) -> Path:
    program = tmp_path_factory.mktemp("load") / "load"
    subprocess.run(["gcc", "-O1", "-pthread", "tests/doctor/load.c", "-o", program], check=True)
    return program


def test_calls_sizes_and_threads_are_counted(load, tmp_path):
    seen = run([str(load), "100", "5000", "3", "70"], RECORDER, tmp_path)
    assert seen.process == "load" and seen.status == 0
    assert 15070 <= seen.tiny_calls <= seen.calls <= 15070 + 30
    assert seen.threads == 4 and seen.buffer_calls == 0
    assert 70 <= seen.peak_blocks <= 70 + 10 and 7000 <= seen.peak_bytes <= 7000 + 5000
    assert run([str(load), "40000", "500", "1"], RECORDER, tmp_path).buffer_calls == 500


@pytest.mark.parametrize("args, profile, word", [
    (["100", "100", "1"], "default", "too little"),
    (["64", "300000", "2"], "tiny-heavy", "up to 256 bytes"),
    (["40000", "100000", "2"], "mid-large", "32 to 64 KiB"),
    (["40000", "100000", "0"], "default", "mixed"),
    (["1000", "200000", "2"], "default", "mixed"),
])
def test_real_loads(load, args, profile, word):
    report = examine([str(load), *args], Path("/"), True)
    assert report.status == 0 and report.advice.profile == profile
    assert word in report.advice.why


@pytest.mark.parametrize("calls, cpu, profile", [
    (100_000, 60.0, "low-rss"), (100_000_000, 10.0, "default")])
def test_memory_before_speed_where_malloc_takes_no_time(calls, cpu, profile):
    seen = Seen("server", 1, calls, calls // 2, 0, 4, 1 << 30, 1 << 20, cpu, 0)
    assert advise(seen.habits, seen.cpu_seconds).profile == profile


def test_every_profile_it_names_exists():
    named = {"default", "low-rss", "tiny-heavy", "mid-large", "hardened"}
    assert named <= set(known_profiles(ROOT / "profiles"))


@pytest.mark.parametrize("command, said", [
    (["sh", "-c", "kill -9 $$"], "ended by signal 9"),
    (["/no/such/program"], "cannot be started: No such file or directory"),
])
def test_what_leaves_no_record(command, said, tmp_path):
    with pytest.raises(NotRecorded, match=said):
        run(command, RECORDER, tmp_path)
