"""Programs of programs/, the libraries of all profiles, and the C library's malloc beside them."""

import shutil
from pathlib import Path

import pytest

from tests import compiled as c
from tests.libraries import libraries

PROGRAMS = Path("tests/field/programs").absolute()
INSTALLED = Path("installed").absolute()
LIBRARIES = libraries()
SYSTEM = "system"  # the C library's malloc, which shows that the program itself is right


@pytest.fixture(params=list(LIBRARIES))
def library(request) -> Path:
    """The path of a profile's shared library."""
    return LIBRARIES[request.param]


@pytest.fixture(params=[*LIBRARIES, SYSTEM])
def any_library(request) -> Path | None:
    """The same; None is the C library's malloc."""
    return LIBRARIES.get(request.param)


@pytest.fixture(params=list(LIBRARIES))
def profile(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("programs")


def compiled(to: Path, source: str, *options: object) -> Path:
    return c.compiled(to, PROGRAMS / source, *options)


def need(program: str, package: str) -> str:
    """The program's path; without it the test fails and names the Debian package."""
    path = shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    assert path, f"{program} is not installed: apt-get install {package}"
    return path
