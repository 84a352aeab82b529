"""A workspace outside the tree, made of nothing but what the pages say."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.usage.workspace import CHECKOUT, Bazel

PATH = "/opt/src/hakmem"  # of the checkout, on the pages
PROGRAM = """\
#include <hakmem.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    free(malloc(30));
    puts(hak_profile());
    return 0;
}
"""


def blocks(page: str, start: str, end: str) -> tuple[dict[str, str], list[list[str]]]:
    """The files and the commands of a part of a page: an indented `# NAME` begins a file, or goes
    on with it."""
    part = Path(page).read_text(encoding="utf-8").split(start, 1)[1].split(end, 1)[0]
    files: dict[str, str] = {}
    commands: list[list[str]] = []
    name = ""
    for line in part.splitlines():
        if not line.startswith("    "):
            continue
        line = line[4:]
        if re.fullmatch(r"# \S+", line):
            name = line[2:]
        elif line.startswith("bazel "):
            commands.append(line.split()[1:])
        else:
            files[name] = files.get(name, "") + line + "\n"
    return files, commands


@pytest.fixture(scope="module", name="base")
def fixture_base(tmp_path_factory):
    """Where Bazel keeps what the workspaces of this module have in common."""
    return tmp_path_factory.mktemp("base")


@pytest.fixture(name="workspace")
def fixture_workspace(tmp_path, base):
    """Makes workspaces; their Bazel ends with the test."""
    made = []

    def make(files: dict[str, str]) -> Bazel:
        for name, text in files.items():
            (tmp_path / name).write_text(text.replace(PATH, str(CHECKOUT)), encoding="utf-8")
        made.append(Bazel(tmp_path, base))
        return made[-1]

    yield make
    for one in made:
        one.run("shutdown")


def profile_of(workspace: Bazel, program: str) -> str:
    return subprocess.run([workspace.folder / "bazel-bin" / program], capture_output=True,
                          text=True, check=True).stdout.strip()


def test_the_readme_is_enough(workspace):
    files, commands = blocks("README.md", "In a Bazel workspace", "Installed,")
    made = workspace({**files, "server.c": PROGRAM})
    made.build("//:server")
    assert profile_of(made, "server") == "default"
    (command,) = commands
    done = made.run(*command)
    assert done.returncode == 0, done.stdout
    assert profile_of(made, "server") == "low-rss"


def test_a_profile_of_its_own(workspace):
    files, commands = blocks("docs/usage.md", "## Bazel", "\n## ")
    made = workspace({**files, "server.c": PROGRAM})
    for command in commands:
        done = made.run(*command)
        assert done.returncode == 0, done.stdout
    assert profile_of(made, "server") == "low-rss"
    assert profile_of(made, "own") == "mine"
    said = subprocess.run(
        ["/usr/bin/python3", "-c", "import ctypes; f = ctypes.CDLL(None).hak_profile;"
         "f.restype = ctypes.c_char_p; print(f().decode())"],
        env={"LD_PRELOAD": str(made.folder / "bazel-bin/libmine.so")}, capture_output=True,
        text=True, check=True).stdout
    assert said.strip() == "mine"


def test_a_base_of_its_own_and_a_wrong_key(workspace):
    files, _ = blocks("docs/usage.md", "## Bazel", "\n## ")
    files["BUILD"] = (
        'load("@hakmem//bazel:defs.bzl", "hakmem_profile")\n'
        'hakmem_profile(name = "mine", profile = "mine.yaml", bases = ["team.yaml"])\n'
        'hakmem_profile(name = "wrong", profile = "wrong.yaml")\n'
    )
    files["team.yaml"] = "summary: For all of us\nbase: hardened\n"
    files["mine.yaml"] = "summary: Mine\nbase: team\n"
    files["wrong.yaml"] = "summary: Wrong\nfront:\n  fast_cap: 1\n"
    made = workspace(files)
    made.build("//:mine")
    config = (made.folder / "bazel-bin/mine_generated/hak_config.h").read_text()
    assert "#define HAK_GUARD 1" in config
    done = made.run("build", "//:wrong")
    assert done.returncode != 0
    assert "wrong.yaml: front.fast_cap: 1 is not in 2..1024" in done.stdout
