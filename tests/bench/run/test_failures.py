"""Variants that crash, hang or print nothing, and interruption: the rest goes on and is written."""

import os
import re
import signal
import time

import pytest

from bench.lab.base import machine
from bench.lab.run.folder import Files, Folder
from bench.lab.select import manifest, preload
from bench.lab.show import matrix_terminal, pair_terminal

TINY = "bench_tiny_hot 32 100 300000"
TINY_RAW = "raw/bench_tiny_hot-32-100-300000-bad-{}.out"
LARSON_ROWS = [f"larson 0.3 8 128 1024 1 12345 {n}" for n in (1, 2)]
GOOD = ('RESULT ops=1 seconds=1 ops_per_s={} peak_rss_kib=1 rss_kib=1 minor_faults=1 user_s=1 '
        'sys_s=1')
UNREADABLE = "printed a result that cannot be read"

# What a bad program does in its measured runs, what the matrix says of it.
BAD = {
    "signal": ("echo before; kill -SEGV $$", "ended by signal 11"),
    "abort": ("kill -ABRT $$", "ended by signal 6"),
    "exit": ("echo some reason >&2; exit 1", "exit status 1"),
    "result, then exit": ("result 5000; exit 3", "exit status 3"),
    "result, then signal": ("result 5000; kill -SEGV $$", "ended by signal 11"),
    "nothing": (":", "printed no result"),
    "other words": ("echo RESULTS are good", "printed no result"),
    "half a result": ("echo RESULT ops=1000", UNREADABLE),
    "no number": (f"echo '{GOOD.format('many')}'", UNREADABLE),
    "not a number": (f"echo '{GOOD.format('nan')}'", UNREADABLE),
    "infinite": (f"echo '{GOOD.format('inf')}'", UNREADABLE),
    "zero": (f"echo '{GOOD.format('0')}'", UNREADABLE),
    "negative": (f"echo '{GOOD.format('-5')}'", UNREADABLE),
    "no rss_kib": (f"echo '{GOOD.format('5').replace(' rss_kib=1', '')}'", UNREADABLE),
    "open quote": ("""echo 'RESULT params="1 2 ops=1'""", UNREADABLE),
    "bytes": ("printf 'RESULT \\377\\000\\n'", UNREADABLE),
    "hangs": ("echo before; exec sleep 60", "no result within 0.3 s"),
}


def html_rows(outcome, style: str) -> list[str]:
    return re.findall(rf'<tr class="{style}">(.*?)</tr>', outcome.html, re.DOTALL)


@pytest.mark.parametrize("name", BAD)
def test_bad_runs(bench, name):
    body, says = BAD[name]
    bench.variant("good", "result 1000")
    bench.variant("bad", f'if [ "$n" -eq 0 ]; then result 1; else {body}; fi')
    bench.variant("system", "result 2000", kind="system")
    timeout = "0.3" if name == "hangs" else "30"
    outcome = bench.run("--bench", "tiny_hot", "--reps", "2", "--timeout", timeout)
    assert outcome.status == 1
    raws = [TINY_RAW.format(rep) for rep in (1, 2)]
    words = f"{says} in 2 runs, the first: {raws[0]}"
    assert outcome.tables()[TINY]["bad"][0] == words
    assert "bad: " + words in " ".join(outcome.out.split())
    assert outcome.err == f"matrix: failed: bad: {TINY}: {says}: {raws[0]}; and 1 more, see " \
        "summary.md\n"
    (row,) = html_rows(outcome, "failed")
    assert words in row
    for raw in raws:
        log = (outcome.folder / raw).read_text()
        assert log.startswith(f"$ {bench.root}/bench_tiny_hot_bad 32 100 300000\n")
        assert log.endswith(f"\nstatus: {says}\n")
        assert ("before" in body) == ("\nbefore\n" in log)
        assert ("some reason" in body) == ("\nsome reason\n" in log)
    lines = {(line["variant"], line["rep"]): line for line in outcome.lines}
    assert len(lines) == len(outcome.lines) == 6
    for (variant, rep), line in lines.items():
        assert line["status"] == (says if variant == "bad" else "ok")
        if variant == "bad":
            assert [line[key] for key in ("ops_per_s", "ops", "seconds", "user_s")] == [""] * 4
            assert line["raw"] == TINY_RAW.format(rep)
        else:
            assert float(line["ops_per_s"]) > 0
    assert outcome.tables()[TINY]["good"][2].rstrip("=?") == "0.50"


def test_one_failed_run_of_several(bench):
    """The numbers of the other runs stay; the failure is named all the same."""
    bench.variant("bad", 'if [ "$n" -eq 2 ]; then exit 1; fi; result $((n * 1000 + 1000))')
    bench.variant("system", "result 1000", kind="system")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "3")
    assert outcome.status == 1
    says = f"bad: exit status 1: {TINY_RAW.format(2)}"
    for text in (outcome.out, outcome.summary, outcome.html):
        assert says in " ".join(text.split())
    assert len(html_rows(outcome, "failed")) == 1
    # median of 2000 and 4000
    assert outcome.tables()[TINY]["bad"][0] == "0.003"
    # by round, 2 and 4, as both have numbers in rounds 1 and 3; the middle of the logarithms
    assert outcome.tables()[TINY]["bad"][2].rstrip("=?") == f"{8 ** 0.5:.2f}"


def test_system_fails(bench):
    """Ratios are empty, the other numbers stay."""
    bench.variant("hakmem", "result 1000")
    bench.variant("system", 'if [ "$n" -gt 0 ]; then exit 1; fi; result 1', kind="system")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "2")
    assert outcome.status == 1
    assert "All rows" not in outcome.sections()  # nothing to take a mean of
    cells = outcome.tables()[TINY]["hakmem"]
    assert cells[0] == "0.001" and cells[2:5] == ["", "", ""]


def test_everything_fails(bench):
    bench.variant("hakmem", 'if [ "$n" -gt 0 ]; then exit 1; fi; result 1')
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1")
    assert outcome.status == 1
    assert TINY in outcome.out and "exit status 1" in outcome.out
    assert len(html_rows(outcome, "failed")) == 1


def test_sanity(bench):
    """A program that does not work at all is not measured; the variant's other programs are."""
    bench.variant("hakmem", "result 2000")
    bench.variant("bad", "result 1000", larson="kill -SEGV $$")
    bench.variant("system", "result 1000", kind="system")
    outcome = bench.run("--bench", "larson,tiny_hot", "--reps", "2")
    assert outcome.status == 1
    says = "sanity run ended by signal 11: raw/sanity-larson-bad.out"
    assert f"bad: larson: {says}" in outcome.out
    assert "sanity: 2 of 3 variants run all of 2 programs" in outcome.out
    tables = outcome.tables()
    for row in LARSON_ROWS:
        assert tables[row]["bad"][0] == says
        assert tables[row]["hakmem"][2].rstrip("=?") == "2.00"
    assert tables[TINY]["bad"][2].rstrip("=?") == "1.00"
    assert (outcome.folder / "raw/sanity-larson-bad.out").read_text().endswith(
        "\nstatus: ended by signal 11\n")
    # what worked leaves no log of its sanity run
    assert len(list((outcome.folder / "raw").glob("sanity-*"))) == 1
    assert not any(line.startswith("larson bad") for line in bench.order())
    assert len(html_rows(outcome, "failed")) == 2
    # a mean over fewer rows than the others' would mislead
    assert set(outcome.sections()["All rows"]) == {"variant", "hakmem", "system"}
    for text in (outcome.out, outcome.summary, outcome.html):
        assert "Without numbers in every row, so without a mean: bad." in text


def test_not_built(bench):
    """A program that is listed but not there, and one that is not listed."""
    bench.variant("hakmem", "result 2000")
    bench.variant("bad", "result 1000")
    bench.variant("few", "result 1000", programs=["larson"])
    (bench.root / "bench_tiny_hot_bad").unlink()
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1")
    assert outcome.status == 1
    table = outcome.tables()[TINY]
    assert table["bad"][0] == ("sanity run cannot be started: No such file or directory: "
                               "raw/sanity-bench_tiny_hot-bad.out")
    assert table["few"][0] == "not built"
    assert (outcome.folder / "raw/sanity-bench_tiny_hot-bad.out").exists()


def test_no_failure_is_no_failure(bench):
    bench.variant("hakmem", "result 2000")
    outcome = bench.run("--bench", "tiny_hot", "--reps", "1")
    assert outcome.status == 0
    assert html_rows(outcome, "failed") == []
    assert html_rows(outcome, "profile")
    assert "without a mean" not in outcome.summary + outcome.out + outcome.html


def test_a_file_that_cannot_be_written(bench):
    """As when the disk is full: what it was, and the finished runs are there."""
    bench.variant("hakmem", "result 2000")
    log = bench.root / "out" / TINY_RAW.format(2).replace("bad", "hakmem")
    log.mkdir(parents=True)
    outcome = bench.run("--bench", "tiny_hot", "--reps", "3")
    assert outcome.status == 1
    assert outcome.err == f"matrix: {log}: Is a directory; what is there is in {outcome.folder}\n"
    assert [line["rep"] for line in outcome.lines] == ["1"]
    assert outcome.tables()[TINY]["hakmem"][0] == "0.002"
    assert "**Interrupted: this is what was finished.**" in outcome.summary


@pytest.mark.parametrize("whole_group", [False, True])
def test_interrupted(bench, whole_group):
    """Ctrl-C reaches the whole group in a terminal; kill -INT the matrix alone."""
    marker = bench.root / "third"
    third = f'if [ "$n" -eq 3 ]; then touch {marker}; exec sleep 60; fi'
    bench.variant("hakmem", f"{third}; result 2000")
    bench.variant("system", "result 1000", kind="system")
    bench.variant("hakmem2", "result 3000")
    process = bench.start("--bench", "tiny_hot", "--reps", "5", "--seed", "1")
    try:
        deadline = time.monotonic() + 30
        while not marker.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert marker.exists()
        time.sleep(0.1)
        if whole_group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    outcome = bench.outcome(process.returncode, out, err)
    assert outcome.status == 130
    assert outcome.err == f"matrix: interrupted: the finished runs are in {outcome.folder}\n"
    # rounds 1 and 2 in full, and what came before hakmem in round 3
    finished = [line.split()[1] for line in bench.order()][:-1]
    assert [line["variant"] for line in outcome.lines] == finished
    assert len(finished) >= 6 and all(line["status"] == "ok" for line in outcome.lines)
    assert outcome.run["interrupted"] is True
    assert "**Interrupted: this is what was finished.**" in outcome.summary
    assert "Interrupted: this is what was finished." in outcome.html
    assert outcome.tables()[TINY]["hakmem"][2].rstrip("=?") == "2.00"
    assert html_rows(outcome, "failed") == []


FULL = "No space left on device"


def words_of(command: str) -> list[str]:
    """Of a short measurement of the variants hakmem and system by this command."""
    names = ["hakmem", "system"] if command == "ab" else []
    more = ["--no-verdict"] if command == "ab" else []
    return [*names, "--bench", "tiny_hot", "--reps", "3", "--seed", "1", *more]


@pytest.fixture(params=["run", "ab"])
def command(request) -> str:
    """Method of the fixture `bench`."""
    return request.param


@pytest.fixture
def lab(bench):
    bench.variant("hakmem", "result 2000000")
    bench.variant("system", "result 1000000", kind="system")
    return bench


def measure(lab, command: str, out: str = "out"):
    return getattr(lab, command)(*words_of(command), out=out)


def name_of(command: str) -> str:
    return "matrix" if command == "run" else command


def test_results_on_a_full_disk(lab, command, monkeypatch):
    """The runs before are in the summary, if there is room for it."""
    add = Folder.add

    def full(self, job, run):
        if job.rep == 2:
            raise OSError(28, FULL)
        add(self, job, run)

    monkeypatch.setattr(Folder, "add", full)
    outcome = measure(lab, command)
    assert outcome.status == 1
    assert outcome.err == (f"{name_of(command)}: {outcome.folder}: {FULL}; what is there is in "
                           f"{outcome.folder}\n")
    assert [line["rep"] for line in outcome.lines] == ["1", "1"]
    assert outcome.run["interrupted"] is True
    assert "Interrupted: this is what was finished." in outcome.summary


def test_no_room_for_any_file(lab, command, monkeypatch):
    def full(self, name, _text):
        raise OSError(28, FULL, str(self.path / name))

    monkeypatch.setattr(Files, "write", full)
    outcome = measure(lab, command)
    assert outcome.status == 1
    assert outcome.err == (f"{name_of(command)}: {outcome.folder / 'run.json'}: {FULL}; what is "
                           f"there is in {outcome.folder}\n")
    assert len(outcome.lines) == 6


def test_no_room_for_the_first_line(lab, command, monkeypatch):
    def full(*_):
        raise OSError(28, FULL)

    monkeypatch.setattr(Folder, "begin", full)
    outcome = measure(lab, command)
    assert outcome.status == 2
    assert outcome.err == (f"{name_of(command)}: --out: {outcome.folder}: {FULL}; name a folder "
                           "that can be made and written\n")


@pytest.mark.parametrize("out", ["/proc/x", "/proc/x/below", "/dev/null", "/dev/null/below", "",
                                 "x" * 300])
def test_out(lab, command, out):
    outcome = measure(lab, command, out)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"{name_of(command)}: --out: ") and out in outcome.err
    assert "; name a folder" in outcome.err
    assert lab.order() == []


@pytest.mark.parametrize("module, function", [
    (manifest, "load"), (preload, "added_to"), (manifest, "select")])
def test_interrupted_at_the_start(lab, command, monkeypatch, module, function):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, function, interrupt)
    outcome = measure(lab, command)
    assert (outcome.status, outcome.out) == (130, "")
    assert outcome.err == f"{name_of(command)}: interrupted\n"


@pytest.mark.parametrize("module, function", [
    (machine, "describe"), (Folder, "write_json"), (Folder, "write"),
    (matrix_terminal, "show"), (pair_terminal, "show")])
def test_interrupted_before_and_after_the_runs(lab, command, monkeypatch, module, function):
    """Also while the files are being written and while the table is shown."""
    if module is {"ab": matrix_terminal, "run": pair_terminal}[command]:
        pytest.skip("the other command's")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, function, interrupt)
    outcome = measure(lab, command)
    assert outcome.status == 130
    assert outcome.err == (f"{name_of(command)}: interrupted: what is there is in "
                           f"{outcome.folder}\n")
    assert len(outcome.lines) == (0 if module is machine else 6)


def started(lab, command: str, body: str):
    """A process in whose program hakmem `body` ran so far that it made the file `marker`."""
    marker = lab.root / "marker"
    lab.variant("slow", body.replace("MARK", f"touch {marker}; exec sleep 60"))
    words = words_of(command)
    words = ["slow" if word == "hakmem" else word for word in words]
    process = lab.start(*words, command=name_of(command))
    deadline = time.monotonic() + 30
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marker.exists()
    time.sleep(0.1)
    return process


def interrupted(lab, process):
    try:
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return lab.outcome(process.returncode, out, err)


def test_interrupted_in_the_sanity_run(lab, command):
    outcome = interrupted(lab, started(lab, command, "MARK"))
    assert outcome.status == 130
    assert outcome.err == (f"{name_of(command)}: interrupted: the finished runs are in "
                           f"{outcome.folder}\n")
    assert outcome.lines == [] and outcome.run["interrupted"] is True
    assert "Interrupted: this is what was finished." in outcome.summary


def test_ab_interrupted_in_a_run(lab):
    """The pairs before are compared."""
    body = 'if [ "$n" -eq 3 ]; then MARK; fi; result 2000000'
    outcome = interrupted(lab, started(lab, "ab", body))
    assert outcome.status == 130
    assert outcome.err == f"ab: interrupted: the finished runs are in {outcome.folder}\n"
    assert {line["rep"] for line in outcome.lines} >= {"1", "2"}
    assert "Interrupted: this is what was finished." in outcome.summary
    text = (outcome.folder / "comparisons.csv").read_text()
    assert f"speed,M ops/s,bench_tiny_hot,{TINY.split(' ', 1)[1]},2,1,ratio,0.5," in text


def test_ab_of_a_variant_that_does_not_work(lab):
    """The other one is not measured alone."""
    lab.variant("bad", "result 1000", bench_tiny_hot="kill -SEGV $$")
    outcome = lab.ab("bad", "system", "--bench", "tiny_hot,larson", "--reps", "2",
                     "--no-verdict")
    assert outcome.status == 1
    says = "sanity run ended by signal 11: raw/sanity-bench_tiny_hot-bad.out"
    assert outcome.err == f"ab: failed: bad: {TINY}: {says}\n"
    assert {line["benchmark"] for line in outcome.lines} == {"larson"}
    assert "larson" in outcome.summary
    none = lab.ab("bad", "system", "--bench", "tiny_hot", out="none")
    assert none.status == 1 and none.lines == []
    assert "No row has numbers for both bad and system." in none.out
    assert "No row has numbers for both bad and system." in none.summary


def test_output_that_takes_no_more(lab, command):
    """A full disk behind standard output: the results are there all the same."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = lab.start(*words_of(command), command=name_of(command), stdout=full)
    _, err = process.communicate(timeout=30)
    folder = lab.root / "out"
    assert process.returncode == 1
    assert err == (f"{name_of(command)}: standard output: {FULL}; what is there is in {folder}\n")
    assert (folder / "results.csv").exists() and (folder / "summary.md").exists()


def test_a_reader_that_is_gone(lab, command):
    """As in `... | head`: the end is quiet, and as that of a program that the signal ends."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", encoding="utf-8") as pipe:
        process = lab.start(*words_of(command), command=name_of(command), stdout=pipe)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, "")
    assert (lab.root / "out" / "summary.md").exists()


def test_the_command_itself(bench):
    """Output that is no terminal: nothing is cut, no escape sequences."""
    bench.variant("hakmem", "result 2000")
    process = bench.start("--bench", "tiny_hot", "--reps", "1", "--seed", "1")
    out, err = process.communicate(timeout=30)
    outcome = bench.outcome(process.returncode, out, err)
    assert (outcome.status, err) == (0, "")
    assert "\x1b" not in out and f"\nresults: {outcome.folder}\n" in out
    assert "peak MiB" in out
