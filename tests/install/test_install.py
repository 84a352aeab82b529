"""What is laid down where, and what is refused."""

import os
import re
import subprocess

import pytest

from bazel.install import install as command
from bazel.install.install import SONAME, VERSION, built, main, preloading
from bazel.install.tree import MANIFEST

LAID_DOWN = {
    "include/hakmem.h",
    "lib/cmake/hakmem/hakmem-config-version.cmake",
    "lib/cmake/hakmem/hakmem-config.cmake",
    "lib/libhakmem.a",
    "lib/libhakmem.so",
    f"lib/{SONAME}",
    "lib/pkgconfig/hakmem-static.pc",
    "lib/pkgconfig/hakmem.pc",
    "share/licenses/hakmem/LICENSE",
    "share/man/man3/hakmem.3",
    MANIFEST,
}


def test_what_is_laid_down_and_nothing_else(tree):
    found = {str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir()}
    assert found == LAID_DOWN


def test_the_link_is_relative_and_the_soname_fits(tree):
    assert os.readlink(tree / "lib/libhakmem.so") == SONAME
    dynamic = subprocess.run(["readelf", "-d", tree / "lib" / SONAME], capture_output=True,
                             text=True, check=True).stdout
    assert re.search(r"\(SONAME\).*\[(.*)\]", dynamic)[1] == SONAME
    assert SONAME.endswith(f".so.{VERSION.split('.')[0]}")


def test_no_file_says_where_it_was_installed_or_built(tree):
    for path in tree.rglob("*"):
        if path.is_file() and path.suffix in (".pc", ".cmake", ".3"):
            text = path.read_text()
            assert "@" not in text and "/opt/hakmem" not in text and str(tree) not in text, path


@pytest.mark.parametrize("profile", built())
def test_every_profile_is_the_one_it_is_called(profile, tmp_path):
    assert main(["--prefix", str(tmp_path), "--profile", profile]) == 0
    said = subprocess.run(
        ["/usr/bin/python3", "-c", "import ctypes; f = ctypes.CDLL(None).hak_profile;"
         "f.restype = ctypes.c_char_p; print(f().decode())"],
        env={"LD_PRELOAD": str(tmp_path / "lib" / SONAME)}, capture_output=True, text=True,
        check=True)
    assert said.stdout.strip() == profile


def test_the_profile_of_the_build_and_again_over_itself(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "built", lambda: ["hardened"])
    for _ in range(2):
        assert main(["--prefix", str(tmp_path)]) == 0
    assert f"hakmem {VERSION}, profile hardened, is in {tmp_path}" in capsys.readouterr().out
    assert not [path for path in tmp_path.rglob(".hakmem*")]


def test_another_profile_than_that_of_the_build(tmp_path):
    """`bazel run` is asked for it, with the arguments as they were."""
    (tmp_path / "bazelw").write_text('#!/bin/sh\nprintf "[%s]" "$@"\n')
    (tmp_path / "bazelw").chmod(0o755)
    code = ("import sys; from bazel.install import install; install.built = lambda: ['default'];"
            "sys.exit(install.main(sys.argv[1:]))")
    args = ["--compilation-mode=dbg", "--prefix", "/opt/with space", "--profile", "low-rss"]
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code, *args], capture_output=True, text=True, check=True,
        env={**os.environ, "BUILD_WORKSPACE_DIRECTORY": str(tmp_path), "PYTHONPATH": os.getcwd()})
    assert done.stdout.endswith(
        "[run][--compilation_mode=dbg][--//:profile=low-rss][//:install][--]"
        "[--prefix][/opt/with space][--profile][low-rss]")
    assert done.stderr == (
        "install: building low-rss: bazel run --compilation_mode=dbg --//:profile=low-rss "
        "//:install -- --prefix '/opt/with space' --profile low-rss\n")


def test_another_profile_outside_of_bazel_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "built", lambda: ["default"])
    monkeypatch.delenv("BUILD_WORKSPACE_DIRECTORY", raising=False)
    assert main(["--prefix", str(tmp_path), "--profile", "low-rss"]) == 2
    assert capsys.readouterr().err == (
        "install: --profile low-rss: what is built here is default; run: bazel run "
        f"--//:profile=low-rss //:install -- --prefix {tmp_path} --profile low-rss\n")


@pytest.mark.parametrize("folder", ["plain", "with space", "it's $HOME", "semi;colon"])
def test_the_line_that_is_printed_preloads(folder, tmp_path, capsys):
    root = tmp_path / folder
    assert main(["--prefix", str(root), "--profile", "low-rss"]) == 0
    words = capsys.readouterr().out.strip().split(f"is in {root}: ")[1]
    said = subprocess.run(
        ["sh", "-c", f"{words} /usr/bin/python3 -c 'import ctypes; "
         "f = ctypes.CDLL(None).hak_profile; f.restype = ctypes.c_char_p; print(f().decode())'"],
        capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == ("low-rss\n", "")


def test_a_path_that_nothing_can_name():
    assert "make a symbolic link" in preloading(command.Path("/opt/a:b/lib/libhakmem.so.1"))


def test_the_library_shows_functions_of_its_own_only(tree):
    shown = subprocess.run(["nm", "-D", "--defined-only", tree / "lib" / SONAME],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    assert "malloc" in [line.split()[2] for line in shown]
    assert [line for line in shown if line.split()[1] != "T"] == []


def test_a_library_in_use_is_replaced_not_overwritten(tmp_path):
    assert main(["--prefix", str(tmp_path), "--profile", "default"]) == 0
    library = tmp_path / "lib" / SONAME
    with library.open("rb") as used:
        before = used.read()
        assert main(["--prefix", str(tmp_path), "--profile", "hardened"]) == 0
        used.seek(0)
        assert used.read() == before != library.read_bytes()


@pytest.mark.parametrize("args, said", [
    (["--prefix", "/tmp/x", "--profile", "low-rs"],
     "--profile low-rs: no such profile; did you mean low-rss? valid: default, hardened, "),
    (["--prefix", "some/where"], "--prefix some/where: not an absolute path"),
    (["--prefix", ""], "--prefix '': not an absolute path"),
    (["--prefix", "/opt", "--destdir", "stage"], "--destdir stage: not an absolute path"),
    (["--prefix", "/dev/null/x"], "--prefix /dev/null/x: cannot be written (/dev/null/x"),
    (["--prefix", "/proc/hakmem"], "--prefix /proc/hakmem: cannot be written (/proc/hakmem"),
])
def test_refused_in_one_line(args, said, capsys):
    assert main(args) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"install: {said}") and shown.count("\n") == 1


def test_a_prefix_is_needed(capsys):
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "--prefix" in capsys.readouterr().err


def test_nothing_is_laid_down_when_an_argument_is_wrong(tmp_path):
    assert main(["--prefix", str(tmp_path / "new"), "--profile", "no-such-profile"]) == 2
    assert not (tmp_path / "new").exists()
