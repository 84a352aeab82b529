"""--preload: what is no allocator is refused before anything is measured."""

import ctypes.util
import os

import pytest

TINY = ["--bench", "tiny_hot", "--reps", "1"]
LIBRARY = "name a shared library"


@pytest.fixture
def lab(bench):
    bench.variant("hakmem", "result 1000")
    bench.variant("system", "result 1000", kind="system")
    bench.missing("mi", "libmimalloc-dev")
    return bench


def libm() -> str:
    """The path of a library that is no allocator."""
    name = ctypes.util.find_library("m")
    ctypes.CDLL(name)
    (path,) = {line.split()[-1] for line in open("/proc/self/maps", encoding="utf-8")
               if line.rstrip().endswith(name)}
    return path


def files(root) -> dict[str, str]:
    """Paths that cannot be preloaded, and what is said of them."""
    (root / "text.so").write_text("INPUT(libc.so.6)")
    (root / "empty.so").touch()
    (root / "short.so").write_bytes(b"\x7fELF")
    (root / "cut.so").write_bytes(open(libm(), "rb").read()[:4096])
    (root / "folder.so").mkdir()
    return {
        "gone.so": f"No such file or directory; {LIBRARY}",
        "folder.so": f"Is a directory; {LIBRARY}",
        "text.so": "not a shared library",
        "empty.so": "not a shared library",
        "short.so": "not a shared library",
        "/bin/sh": "cannot be preloaded: cannot dynamically load position-independent executable",
        libm(): "no allocator: it defines no malloc",
    }


def test_files(lab):
    for file, says in files(lab.root).items():
        outcome = lab.run(*TINY, "--preload", f"mine={file}")
        assert (outcome.status, outcome.out) == (2, "")
        assert outcome.err == f"matrix: --preload: {os.path.join(lab.root, file)}: {says}\n"
    assert lab.order() == []
    assert not outcome.folder.exists()


def test_a_damaged_library(lab):
    files(lab.root)
    outcome = lab.run(*TINY, "--preload", "mine=cut.so")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert f"--preload: {lab.root}/cut.so: " in outcome.err


@pytest.mark.parametrize("source, says", [
    ("abort();", "with it even true is ended by signal 6"),
    ("_exit(3);", "with it even true fails: exit status 3"),
    ("nowhere();", "undefined symbol: nowhere"),
])
def test_a_library_that_breaks_everything(lab, source, says):
    start = f"__attribute__((constructor)) static void start(void) {{ {source} }}"
    lab.library("bad.so", start)
    outcome = lab.run(*TINY, "--preload", "mine=bad.so")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert f"matrix: --preload: {lab.root}/bad.so: " in outcome.err and says in outcome.err


@pytest.mark.parametrize("command", ["run", "ab"])
def test_a_library_that_breaks_the_program(lab, command):
    """It is named, and what does not need it is measured."""
    lab.library("bad.so")
    lab.variant("system2", "result 1000")
    lab._variants[1]["binaries"]["bench_tiny_hot"] = "breaks"
    (lab.root / "breaks").write_text(
        '#!/bin/sh\ncase $LD_PRELOAD in */bad.so) kill -SEGV $$ ;; esac\n'
        f'exec {lab.root}/bench_tiny_hot_system "$@"\n')
    (lab.root / "breaks").chmod(0o755)
    words = ["system", "mine", "--no-verdict"] if command == "ab" else []
    outcome = getattr(lab, command)(*words, *TINY, "--preload", "mine=bad.so")
    assert outcome.status == 1
    assert "mine: bench_tiny_hot 32 100 300000: sanity run ended by signal 11: " \
        "raw/sanity-bench_tiny_hot-mine.out" in outcome.err
    assert outcome.err.count("\n") == 1
    measured = {line["variant"] for line in outcome.lines}
    assert measured == (set() if command == "ab" else {"hakmem", "system", "system2"})
    assert outcome.summary


@pytest.mark.parametrize("name", ["a/b", "..", "-x", "a b", ".hidden"])
def test_names(lab, name):
    lab.library("mine.so")
    outcome = lab.run(*TINY, f"--preload={name}=mine.so")
    assert outcome.status == 2
    assert f"--preload: {name} is no name: " in outcome.err


def test_a_path_that_the_loader_would_split(lab):
    lab.library("my lib.so")
    outcome = lab.run(*TINY, "--preload", "mine=my lib.so")
    assert outcome.status == 2
    assert "the loader takes no path with a space or a colon" in outcome.err


def test_in_place_of_a_peer_that_is_not_installed(lab):
    lab.library("mi.so")
    outcome = lab.run(*TINY, "--preload", "mi=mi.so", "--variants", "system,mi")
    assert outcome.status == 0
    assert {line["variant"] for line in outcome.lines} == {"system", "mi"}
    assert "left out" not in outcome.out
