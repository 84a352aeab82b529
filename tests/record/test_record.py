"""The command: what it leaves and says, and what it refuses."""

import gzip
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gen.record import command
from gen.record import reader, running, trace


@pytest.fixture
def run(tmp_path, monkeypatch, capfd, library):
    """Runs the command in tmp_path; returns its status and what it said."""
    monkeypatch.setattr(running, "LIBRARY", library)
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def main(*args: str) -> tuple[int, str]:
        status = command.main(list(args))
        return status, capfd.readouterr().err

    return main


def names(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_recording_and_its_trace(run, known, tmp_path):
    status, said = run("--out", "app.rec", "--trace", known, "plain")
    assert status == 0
    assert names(tmp_path) == ["app.rec", "app.rec.trace"]
    seen = reader.load(tmp_path / "app.rec")
    assert seen.complete and seen.peak_live_bytes == 230016
    totals = trace.totals(trace.Trace(tmp_path / "app.rec.trace"))
    assert (totals.allocs, totals.peak_live_bytes) == (seen.total_allocs, 230016)
    header, line = said.splitlines()
    assert header.split() == ["program", "process", "threads", "seconds", "blocks", "allocated",
                              "peak", "recording"]
    assert line.split() == ["known", str(seen.pid), "1", f"{seen.seconds:.2f}",
                            str(seen.total_allocs), "302.8", "KiB", "224.6", "KiB", "app.rec"]


def test_the_files_are_compact(run, known, tmp_path):
    assert run("--out", "app.rec", "--trace", known, "mixed", "100000")[0] == 0
    assert (tmp_path / "app.rec").stat().st_size < 100_000
    with gzip.open(tmp_path / "app.rec") as file:
        assert file.read(8) == reader.MAGIC
    # 8 bytes a call, in whole chunks.
    assert (tmp_path / "app.rec.trace").stat().st_size < 200000 * 8 * 1.1


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_who_may_read_the_files(run, known, tmp_path, mask):
    """Whoever may read what the caller makes; the trace no other than the recording."""
    before = os.umask(mask)
    try:
        assert run("--out", "app.rec", "--trace", known, "fork")[0] == 0
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~mask}


def test_the_name_by_default(run, known, tmp_path):
    assert run(known, "plain")[0] == 0
    assert names(tmp_path) == ["known.rec"]


def test_children_have_files_of_their_own(run, known, tmp_path):
    assert run("--out", "app.rec", known, "fork")[0] == 0
    main, folder, child = names(tmp_path)
    assert (main, folder) == ("app.rec", "app.rec.children")
    assert child.startswith("app.rec.children/known.")
    assert reader.load(tmp_path / main).inherited_bytes == 0
    assert reader.load(tmp_path / child).inherited_bytes == 4400000


def test_what_a_program_was_before_exec(run, known, tmp_path):
    assert run("--out", "app.rec", "env", "A=1", known, "plain")[0] == 0
    assert reader.load(tmp_path / "app.rec").program.endswith("known plain")
    assert [name for name in names(tmp_path) if "/env." in name]


def test_many_children_are_not_all_shown(run, tmp_path):
    _, said = run("--out", "app.rec", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do ls /; done | cat")
    lines = said.splitlines()
    assert len(lines) == 1 + command.SHOWN + 1
    left = len(names(tmp_path)) - 1 - command.SHOWN
    assert lines[-1] == f"and {left} more in app.rec.children, with smaller peaks"


@pytest.mark.parametrize("script, status, says", [
    ("exit 3", 3, "exit status 3"),
    ("kill -9 $$", 128 + 9, "ended by signal 9"),
])
def test_the_programs_own_status(run, tmp_path, script, status, says):
    got, said = run("--out", "app.rec", "sh", "-c", script)
    assert got == status
    assert said.splitlines()[0] == f"record: sh -c '{script}': {says}"
    assert reader.load(tmp_path / "app.rec").total_allocs > 0


def test_a_trace_that_used_up_its_room(run, known, tmp_path):
    status, said = run("--out", "app.rec", "--trace", "--trace-max", "1M", known, "mixed", "400000")
    assert status == 0
    assert said.splitlines()[-1] == ("app.rec.trace: ends before the program does: --trace-max, or "
                                     "half of the room on its disk, is used up; the recording is whole")
    assert reader.load(tmp_path / "app.rec").total_allocs == 400000


def test_a_child_that_goes_on(run, tmp_path):
    status, said = run("--out", "app.rec", "sh", "-c",
                       "sleep 3 >/dev/null 2>&1 & until test -s app.rec.children/$!; do :; done; "
                       "sleep 0.2")
    assert status == 0
    (line,) = [line for line in said.splitlines() if line.endswith("(still running)")]
    assert said.splitlines()[-1] == ("still running: these recordings are not packed, and whole when "
                                     "their processes have ended")
    assert reader.load(tmp_path / line.split()[-3]).program == "sleep 3"


DAEMON = """
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
static void wait_for(const char *name)
{
    for (int i = 0; i < 6000 && access(name, F_OK); i++)
        usleep(10000);
}
int main(void)
{
    free(malloc(100));
    if (fork() == 0) {
        setsid();
        wait_for("go"); /* without a call of malloc */
        void *volatile p = malloc(12345);
        p = malloc(12345);
        close(open("done", O_CREAT | O_WRONLY, 0600));
        _exit(0);
    }
    return 0;
}
"""


def test_a_daemon_that_made_no_call_yet(run, tmp_path):
    """It is named, and its recording will be where it is said to be."""
    source = tmp_path / "daemon.c"
    source.write_text(DAEMON)
    subprocess.run(["gcc", "-fno-builtin", "-o", tmp_path / "daemon", source], check=True)
    status, said = run("--out", "app.rec", "./daemon")
    last = said.splitlines()[-1]
    (tmp_path / "go").touch()
    found = re.fullmatch(r"daemon \(process (\d+)\) still runs, and made no call since its fork: with "
                         r"its first one its recording will be app\.rec\.children/(\d+)", last)
    assert status == 0 and found and found[1] == found[2], said
    path = tmp_path / "app.rec.children" / found[1]
    for _ in range(1000):
        if (tmp_path / "done").exists():
            break
        time.sleep(0.01)
    assert reader.load(path).total_allocs == 2


def test_the_name_is_taken_while_the_program_runs(run, known, tmp_path):
    """Nothing is overwritten, nothing lost, and the status is the program's."""
    status, said = run("--out", "app.rec", "sh", "-c", f"{known} plain; echo mine >app.rec; exit 3")
    assert status == 3 and (tmp_path / "app.rec").read_text() == "mine\n"
    raw, = (tmp_path / "app.rec.children").glob("[0-9]*")
    assert f"record: {tmp_path}/app.rec: exists now: not packed; as it was written it is {raw}\n" \
        in said
    assert reader.load(raw).total_allocs > 0


def test_the_folder_goes_away(run, tmp_path):
    status, said = run("--out", "app.rec", "sh", "-c", "rm -r app.rec.children; exit 3")
    assert status == 3 and names(tmp_path) == []
    assert f"record: {tmp_path}/app.rec.children: No such file or directory" in said


def test_interrupted_while_packing(run, known, tmp_path, monkeypatch):
    def interrupt(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(command.gzip, "GzipFile", interrupt)
    status, said = run("--out", "app.rec", known, "plain")
    assert status == 130
    assert said == f"record: interrupted: what was recorded is in {tmp_path}/app.rec.children\n"
    _, name = names(tmp_path)
    monkeypatch.undo()
    assert reader.load(tmp_path / name).total_allocs >= 15


def test_signs_in_a_folders_name(run, known, tmp_path):
    folder = tmp_path / "a%pb [x] :x:"
    folder.mkdir()
    status, said = run("--out", f"{folder}/app.rec", known, "plain")
    assert status == 0 and reader.load(folder / "app.rec").total_allocs >= 15
    assert "a%pb [x] :x:/app.rec" in said


# ---- what is refused -----------------------------------------------------------------------------


def refused(run, *args: str) -> str:
    status, said = run(*args)
    assert status == 2
    assert said.startswith("record: ") and said.count("\n") == 1
    return said[len("record: "):-1]


@pytest.mark.parametrize("name", ["app.rec", "app.rec.trace", "app.rec.children"])
def test_a_name_already_taken(run, known, tmp_path, name):
    (tmp_path / name).write_text("mine")
    assert refused(run, "--out", "app.rec", known, "plain") == (
        f"{tmp_path / name}: exists already; name another file with --out, or delete it")
    assert (tmp_path / name).read_text() == "mine" and names(tmp_path) == [name]


def test_a_program_that_is_not_there(run, tmp_path):
    assert refused(run, "hakmem-no-such-program") == (
        "hakmem-no-such-program: no such program; name one as for a shell")
    assert names(tmp_path) == []


def test_a_program_that_cannot_be_started(run, tmp_path):
    (tmp_path / "broken").write_bytes(b"\x7fELF")
    (tmp_path / "broken").chmod(0o755)
    assert refused(run, "./broken") == "./broken: cannot be started: Exec format error"
    assert names(tmp_path) == ["broken"]


def test_a_folder_that_is_not_there(run, known, tmp_path):
    assert refused(run, "--out", "no/app.rec", known, "plain") == (
        f"{tmp_path}/no/app.rec.children: cannot be made: No such file or directory; name another "
        "place with --out")


@pytest.mark.parametrize("out, says", [
    ("/", "/: is a folder; name a file"), ("x" * 300, "File name too long"),
])
def test_names_that_cannot_be(run, known, tmp_path, out, says):
    assert says in refused(run, "--out", out, known, "plain")
    assert names(tmp_path) == []


def test_a_program_that_is_linked_statically(run, tmp_path):
    (tmp_path / "static.c").write_text("int main(void) { return 0; }")
    subprocess.run(["gcc", "-static", "-o", "static", "static.c"], cwd=tmp_path, check=True)
    assert refused(run, "./static") == (
        "./static: nothing was recorded: it is linked statically or setuid, or brings "
        "AddressSanitizer")
    assert names(tmp_path) == ["static", "static.c"]


def on_a_disk(options: str, folder: Path) -> tuple[str, ...]:
    """Words before a command, for which `folder` is a disk of its own."""
    folder.mkdir()
    words = ("unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o "$1" none "$2" && shift 2 && '
             'exec "$@"', "sh", options, str(folder))
    if subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no namespaces here")
    return words


@pytest.mark.parametrize("options, says", [
    ("size=16m", "nothing can be recorded there: less than 32 MiB are free there; mend that, or "
                 "name another place with --out"),
    ("nr_inodes=1", "cannot be made: No space left on device; name another place with --out"),
    ("ro", "cannot be made: Read-only file system; name another place with --out"),
])
def test_a_full_disk(script, tmp_path, options, says):
    """The program, of which nothing would be recorded, is not run."""
    before = on_a_disk(options, tmp_path / "disk")
    done = script("--out", "disk/app.rec", "touch", "ran", before=before)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"record: {tmp_path}/disk/app.rec.children: {says}")
    assert done.stderr.count("\n") == 1 and not (tmp_path / "ran").exists()


FILL = """
import os
with open("disk/fill", "wb", 0) as file:
    try:
        while file.write(bytes(1 << 20)):
            pass
    except OSError:
        pass
blocks = [bytes(size) for size in range(1000, 60000, 10)]
"""


def test_a_disk_that_becomes_full(script, tmp_path):
    """The system ends the program, which the command explains; what was counted is still there."""
    done = script("--out", "disk/app.rec", sys.executable, "-c", FILL,
                  before=on_a_disk("size=64m", tmp_path / "disk"))
    assert done.returncode == 128 + 7
    assert done.stderr.endswith(f": ended by signal 7; {tmp_path}/disk/app.rec.children: less than 32 "
                                "MiB are free there\n")
    assert "No space left on device: not packed; as it was written it is " in done.stderr


def test_a_disk_that_is_full_in_the_end(script, tmp_path):
    """Where nothing was recorded, that is a reason, too."""
    (tmp_path / "fills.c").write_text("""
#include <fcntl.h>
#include <unistd.h>
static char zeros[1 << 20];
int main(void)
{
    int file = open("disk/fill", O_WRONLY | O_CREAT, 0600);
    while (write(file, zeros, sizeof zeros) > 0)
        ;
    return 0;
}
""")
    subprocess.run(["gcc", "-static", "-o", "fills", "fills.c"], cwd=tmp_path, check=True)
    done = script("--out", "disk/app.rec", "./fills",
                  before=on_a_disk("size=64m", tmp_path / "disk"))
    assert (done.returncode, done.stderr) == (
        2, f"record: ./fills: nothing was recorded: {tmp_path}/disk/app.rec.children: less than 32 MiB "
           "are free there\n")


def test_a_limit_of_file_sizes(script, known, tmp_path):
    done = script("--out", "app.rec", known, "plain", before=("sh", "-c", 'ulimit -f 1000; '
                                                               'exec "$@"', "sh"))
    assert (done.returncode, done.stderr) == (
        2, f"record: {tmp_path}/app.rec.children: nothing can be recorded there: a limit on the "
           "size of files (ulimit -f) forbids it; mend that, or name another place with --out\n")
    assert names(tmp_path) == []


def test_a_library_that_cannot_be_preloaded(run, known, tmp_path, monkeypatch):
    (tmp_path / "none.so").write_text("no library")
    monkeypatch.setattr(running, "LIBRARY", tmp_path / "none.so")
    assert "none.so cannot be preloaded: ERROR: ld.so: " in refused(run, known, "plain")


@pytest.mark.parametrize("size", ["0", "1K", "x", "-1", "1.5G"])
def test_a_size_that_is_none(run, known, capfd, size):
    with pytest.raises(SystemExit) as end:
        run("--trace", f"--trace-max={size}", known, "plain")
    assert end.value.code == 2
    assert f"{size}: not a size of at least 1M, as 64M or 1G" in capfd.readouterr().err


@pytest.mark.parametrize("text, size", [("64M", 64 << 20), ("1g", 1 << 30), ("2GiB", 2 << 30),
                                        ("1048576", 1 << 20)])
def test_sizes(text, size):
    assert command._size(text) == size


def test_bazels_own_paths_do_not_reach_the_program(run, monkeypatch, tmp_path):
    runfiles = tmp_path / "record.runfiles"
    monkeypatch.setattr(running, "ROOT", runfiles / "hakmem")
    monkeypatch.setenv("PYTHONPATH", f"{runfiles}:/mine:{runfiles}/hakmem")
    assert run("--out", "app.rec", "sh", "-c", 'test "$PYTHONPATH" = /mine')[0] == 0


@pytest.fixture
def script(library, tmp_path):
    """The command as bazel run starts it, `before` it the words of another command."""
    def run(*args: str, before: tuple[str, ...] = (), **env: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*before, sys.executable, "-c", "import sys; from pathlib import Path; from gen.record import "
             f"command, running; running.LIBRARY = Path({str(library)!r}); "
             "sys.exit(command.main(sys.argv[1:]))", *args],
            cwd=tmp_path,
            env={"PYTHONPATH": str(Path(command.__file__).parents[2]), "PATH": "/usr/bin:/bin",
                 "BUILD_WORKING_DIRECTORY": str(tmp_path), **env},
            capture_output=True, text=True, check=False)

    return run


def test_the_script_itself(script, known, tmp_path):
    done = script("--out", "app.rec", known, "killed")
    assert done.returncode == 128 + 9
    assert done.stderr.startswith(f"record: {known} killed: ended by signal 9\n")
    assert reader.load(tmp_path / "app.rec").peak_live_bytes == 300 * 51000
