"""The manual page: found by man, free of warnings, and true to hakmem.h and profiles/."""

import os
import re
import subprocess

from bazel.install.install import built


def man(tree, *args: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["man", "-M", str(tree / "share/man"), *args], capture_output=True, text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""})


def shown(tree) -> str:
    done = man(tree, "hakmem")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_man_finds_it(tree):
    assert "hakmem - memory allocator in place of malloc" in shown(tree)


def test_no_warnings(tree):
    page = tree / "share/man/man3/hakmem.3"
    done = subprocess.run(["groff", "-ww", "-man", "-z", "-Tutf8", str(page)],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = man(tree, "--warnings=w", "-l", str(page))
    assert (done.returncode, done.stderr) == (0, "")


def test_every_function_of_the_header_is_in_the_synopsis(tree):
    declared = re.findall(r"^\S.*?[ *](hak_\w+)\((.*)\);", (tree / "include/hakmem.h").read_text(),
                          re.MULTILINE)
    text = shown(tree)
    synopsis = " ".join(text.split("SYNOPSIS")[1].split("DESCRIPTION")[0].split())
    assert declared
    for name, parameters in declared:
        assert f"{name}({parameters});" in synopsis, name


def test_it_lists_the_profiles_and_names_its_own(tree):
    text = " ".join(shown(tree).split())
    assert "This is low-rss." in text
    for profile in built():
        assert f" {profile} " in text
