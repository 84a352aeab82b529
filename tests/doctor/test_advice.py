"""What the recorder counts, and which profile is argued for."""

import subprocess
from pathlib import Path

import pytest

from gen.doctor.advice import advise
from gen.doctor.command import ROOT, examine
from gen.doctor.run import NotRecorded, run
from gen.fit.habits import Habits
from gen.profiles import known_profiles
from tests.doctor.conftest import PLAIN


@pytest.fixture(scope="module")
def load(tmp_path_factory) -> Path:
    program = tmp_path_factory.mktemp("load") / "load"
    subprocess.run(["gcc", "-O1", "-pthread", "tests/doctor/load.c", "-o", program], check=True)
    return program


def test_calls_sizes_and_threads_are_counted(load, tmp_path):
    seen = run([str(load), "100", "5000", "3", "70"], tmp_path)
    assert seen.process == "load" and seen.status == 0
    habits = seen.habits
    assert 15070 <= habits.tiny_calls <= seen.calls <= 15070 + 30
    assert seen.threads == 4 and habits.buffer_calls == 0
    assert 70 <= habits.peak_blocks <= 70 + 10 and 7000 <= habits.peak_bytes <= 7000 + 5000
    assert run([str(load), "40000", "500", "1"], tmp_path).habits.buffer_calls == 500


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
    habits = Habits(calls=calls, tiny_calls=calls // 2, buffer_calls=0, frees=calls,
                    remote_frees=0, threads=4, peak_bytes=1 << 30, peak_blocks=1 << 20)
    assert advise(habits, cpu).profile == profile


def test_every_profile_it_names_exists():
    named = {"default", "low-rss", "tiny-heavy", "mid-large", "hardened"}
    assert named <= set(known_profiles(ROOT / "profiles"))


def test_a_program_that_is_killed_leaves_what_it_did(load, tmp_path):
    seen = run(["sh", "-c", f"{load} 100 50 1; kill -9 $$"], tmp_path)
    assert seen.status == -9 and seen.processes == 2


def test_what_leaves_no_recording(build, tmp_path):
    static = build(PLAIN, "-static")
    with pytest.raises(NotRecorded, match=r"left no recording \(exit status 0\): preloading has no"):
        run([str(static)], tmp_path)
    with pytest.raises(NotRecorded, match="cannot be started: No such file or directory"):
        run(["/no/such/program"], tmp_path)
