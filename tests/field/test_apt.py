"""apt's own sandbox: its methods install a filter of system calls once they run."""

import gzip
import subprocess

import pytest

from tests.compiled import environment
from tests.field.conftest import need

SECONDS = 60
PACKAGE = """\
Package: nothing
Version: 1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Filename: ./nothing.deb
Size: 1
Description: is not there

"""


@pytest.fixture
def settings(tmp_path) -> list[str]:
    """Of an apt with folders of its own, and one repository in files."""
    for name in ("repository", "state/lists/partial", "cache/archives/partial"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "repository/Packages.gz").write_bytes(gzip.compress(PACKAGE.encode()))
    (tmp_path / "sources").write_text(f"deb [trusted=yes] file:{tmp_path}/repository ./\n")
    return [word for name, value in {
        "Dir::State": tmp_path / "state", "Dir::Cache": tmp_path / "cache",
        "Dir::Etc::SourceList": tmp_path / "sources", "Dir::Etc::SourceParts": "-",
        "APT::Sandbox::Seccomp": "true", "APT::Sandbox::User": "",
    }.items() for word in ("-o", f"{name}={value}")]


def test_update(settings, any_library, tmp_path):
    done = subprocess.run([need("apt-get", "apt"), *settings, "update"], capture_output=True,
                          env=environment(any_library), text=True, timeout=SECONDS)
    assert done.returncode == 0 and "Bad system call" not in done.stderr, done.stderr
    assert list((tmp_path / "state/lists").glob("*Packages*")), done.stdout + done.stderr
