"""bazelw with a machine made of four scripts: dpkg-query, apt-get, id and bazel."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = """\
# comment
needed-one
needed-two
peer mi optional-one libmi.so
program needed-server
"""

DPKG_QUERY = """#!/bin/sh
for package in $(cat "$MACHINE/installed"); do printf ' %s=installed ' "$package"; done
"""

APT_GET = """#!/bin/sh
echo "$*" >>"$MACHINE/apt.log"
case $* in *install*)
    for word; do
        case $word in
        needed-* | optional-*) grep -qx "$word" "$MACHINE/offered" || exit 100 ;;
        esac
    done
    for word; do
        case $word in needed-* | optional-*) echo "$word" >>"$MACHINE/installed" ;; esac
    done
    ;;
esac
"""

BAZEL = """#!/bin/sh
[ "$1" = shutdown ] || printf '[%s]' "$@"
"""


class Machine:
    """A copy of bazelw in a folder of its own, and what is installed and offered there."""

    def __init__(self, folder: Path, installed: str, offered: str, user: int = 0) -> None:
        self.folder = self.home = folder
        (folder / "bazel").mkdir()
        (folder / "bazel/packages.txt").write_text(PACKAGES)
        shutil.copy("bazelw", folder / "bazelw")
        (folder / "installed").write_text(installed.replace(" ", "\n") + "\n")
        (folder / "offered").write_text(offered.replace(" ", "\n") + "\n")
        tools = {
            "dpkg-query": DPKG_QUERY,
            "apt-get": APT_GET,
            "fake-bazel": BAZEL,
            "id": f"#!/bin/sh\necho {user}\n",
            "sudo": "#!/bin/sh\nexit 1\n",
        }
        (folder / "bin").mkdir()
        for name, text in tools.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)

    def run(self, *args: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}/bin:{path}",
            "MACHINE": str(self.folder),
            "BAZEL": str(self.folder / "bin/fake-bazel"),
            "HOME": str(self.home),
        }
        return subprocess.run(
            [str(self.folder / "bazelw"), *args],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def apt_calls(self) -> list[str]:
        log = self.folder / "apt.log"
        return log.read_text().splitlines() if log.exists() else []


ALL = "needed-one needed-two optional-one"


def test_nothing_missing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed=ALL, offered="")
    result = machine.run("run", "//a:b", "--", "with space")
    assert result.stdout == "[run][//a:b][--][with space]"
    assert result.stderr == ""
    assert machine.apt_calls == []


def test_installs_what_is_missing_and_no_more(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed="needed-one", offered=ALL)
    result = machine.run("test")
    assert result.stdout == "[test]"
    assert "bazelw: installing needed-two optional-one" in result.stderr
    assert len(machine.apt_calls) == 1
    assert machine.apt_calls[0].endswith("needed-two optional-one")


@pytest.mark.parametrize("config", ["--config=programs", "--config=all"])
def test_real_programs_are_installed_for_their_tests(tmp_path: Path, config: str) -> None:
    machine = Machine(tmp_path, installed=ALL, offered="needed-server")
    result = machine.run("test", config, "//...")
    assert result.stdout == f"[test][{config}][//...]"
    assert machine.apt_calls[0].endswith("needed-server")


def test_peer_that_cannot_be_installed_is_a_warning_and_not_tried_twice(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed="needed-one", offered="needed-one needed-two")
    result = machine.run("test")
    assert (result.returncode, result.stdout) == (0, "[test]")
    assert "left out of the measurements, not installed: optional-one" in result.stderr
    calls = len(machine.apt_calls)
    assert machine.run("test").stderr == ""
    assert len(machine.apt_calls) == calls


def test_needed_package_that_cannot_be_installed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed="needed-one optional-one", offered="needed-one")
    result = machine.run("test")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].split() == ["needed-two"]


@pytest.mark.parametrize(
    ("installed", "status"), [("needed-one optional-one", 2), ("needed-one needed-two", 0)]
)
def test_without_root(tmp_path: Path, installed: str, status: int) -> None:
    machine = Machine(tmp_path, installed=installed, offered=ALL, user=1000)
    result = machine.run("test")
    assert result.returncode == status
    assert machine.apt_calls == []
    missing = "needed-two" if status else "optional-one"
    assert result.stderr.split()[-1] == missing


def test_no_debian(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed="", offered="")
    for tool in ("dpkg-query", "apt-get"):
        os.remove(tmp_path / "bin" / tool)
    (tmp_path / "usr").mkdir()
    for tool in ("sh", "dirname", "cat", "tr", "id"):
        (tmp_path / "usr" / tool).symlink_to(f"/bin/{tool}")
    result = subprocess.run(
        [str(tmp_path / "bazelw"), "test"],
        env={"PATH": f"{tmp_path}/bin:{tmp_path}/usr"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].split() == ["needed-one", "needed-two"]


def test_a_checkout_whose_path_has_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    machine = Machine(folder, installed="", offered=ALL)
    result = machine.run("test")
    assert (result.returncode, result.stdout, machine.apt_calls) == (2, "", [])
    assert result.stderr == (
        f"bazelw: {folder}: Bazel cannot build in a folder whose path has a space or a letter beyond "
        f"ASCII; move the checkout, as with\n    mv '{folder}' {tmp_path}/with-space\n"
    )
    odd = tmp_path / "it's odd"
    folder.rename(odd)
    said = subprocess.run([f"{odd}/bazelw"], capture_output=True, text=True, check=False).stderr
    subprocess.run(["sh", "-c", said.splitlines()[1]], check=True)
    assert (tmp_path / "it's-odd/bazelw").exists()
    (tmp_path / "it's-odd").rename(folder)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert subprocess.run([f"{link}/bazelw"], capture_output=True, check=False).returncode == 2


def test_a_checkout_whose_path_has_an_umlaut(tmp_path: Path) -> None:
    folder = tmp_path / "\u00fcber"
    folder.mkdir()
    result = Machine(folder, installed=ALL, offered="").run("test")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(f"    mv '{folder}' {tmp_path}/-ber\n")


def test_an_output_folder_whose_path_has_a_space(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed=ALL, offered="")
    machine.home = tmp_path / "with space"
    result = machine.run("test")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{machine.home}: Bazel cannot keep its output in a folder" in result.stderr
    assert machine.run("--output_base", "/tmp/a b", "test").returncode == 2
    behind = machine.run("--output_base=/tmp/a", "run", "//x", "--", "--output_base=/a b")
    assert behind.returncode == 0
    named = machine.run("--output_user_root=/var/tmp/root", "test")
    assert named.stdout == "[--output_user_root=/var/tmp/root][test]"
