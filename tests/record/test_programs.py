"""Real programs: they do their work, and their traces agree with the recordings."""

import shutil
import subprocess

import pytest

PYTHON = "/usr/bin/python3"
PYTHON_LOAD = """
import json, re, threading
load = {str(i): list(range(i % 50)) for i in range(200)}
kept = [json.loads(json.dumps(load)) for _ in range(20)]
threads = [threading.Thread(target=lambda: re.findall("a+", "aab" * 10000)) for _ in range(3)]
[one.start() for one in threads]
[one.join() for one in threads]
"""
GIT = """
set -e
git init -q repository
cd repository
for i in 1 2 3; do
    seq $i 4000 >file$i
    git add .
    git -c user.name=a -c user.email=b commit -qm "$i"
done
git log --stat >/dev/null
git fsck 2>/dev/null
"""


def biggest(done):
    assert done.status == 0, done.errors
    return max(done.seen, key=lambda one: one.recording.total_allocs)


def agrees(seen, peak_error=0.0):
    totals = seen.totals()
    told = seen.recording
    assert (totals.unknown, totals.allocs, totals.frees) == (
        0, told.total_allocs, told.total_frees)
    assert totals.peak_live_bytes == pytest.approx(told.peak_live_bytes, rel=peak_error)


def test_python(record):
    seen = biggest(record(PYTHON, "-S", "-c", PYTHON_LOAD, PYTHONMALLOC="malloc"))
    assert seen.recording.total_allocs > 50000
    assert seen.recording.threads_started == 4
    agrees(seen, peak_error=0.01)


def test_perl(record):
    seen = biggest(record("perl", "-e", 'my %h; $h{"k$_"} = "v" x ($_ % 99) for 1 .. 20000;'))
    assert seen.recording.total_allocs > 40000
    agrees(seen)


def test_sort(record, tmp_path):
    (tmp_path / "words").write_text("".join(f"{i * 7919 % 100003}\n" for i in range(100000)))
    done = record("sort", "-n", "--parallel=4", "-S", "8M", "-o", "sorted", "words")
    agrees(biggest(done), peak_error=0.03)
    numbers = [int(line) for line in (tmp_path / "sorted").read_text().splitlines()]
    assert numbers == sorted(numbers) and len(numbers) == 100000


def test_git_and_its_children(record, tmp_path):
    done = record("sh", "-c", GIT)
    assert done.status == 0, done.errors
    programs = [one.recording.program for one in done.seen]
    assert any("git log --stat" in program for program in programs)
    for one in done.seen:
        agrees(one, peak_error=0.03)


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_cpp_operators(record, tmp_path):
    (tmp_path / "program.cc").write_text("""
        #include <new>
        struct alignas(256) Wide { char bytes[57344]; };
        struct alignas(32) Vector { char bytes[416]; };
        int main()
        {
            for (int i = 0; i < 10; i++)
                delete new Wide;
            delete[] new char[60000];
            delete[] new (std::nothrow) Vector[10];
        }""")
    subprocess.run(["g++", "-std=gnu++17", "-O0", "-o", "program", "program.cc"], cwd=tmp_path,
                   check=True)
    seen = biggest(record("./program"))
    assert seen.recording.alignments == {32: 1, 256: 10}
    aligned = [(one.alignment, one.bytes, one.allocs, one.frees) for one in seen.recording.aligned]
    assert aligned == [(32, 4160, 1, 1), (256, 573440, 10, 10)]
    assert (seen.size(57344).allocs, seen.size(57344).frees) == (10, 10)
    assert seen.size(60000).allocs == 1
    agrees(seen)
