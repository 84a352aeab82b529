"""Programs of programs/, and the libraries of all profiles as they are installed."""

from pathlib import Path

import pytest

from tests import compiled as c
from tests.compiled import output  # noqa: F401, for the tests here

PROGRAMS = Path("tests/usage/programs").absolute()
INSTALLED = Path("installed").absolute()


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("programs")


def compiled(to: Path, source: str, *options: object) -> Path:
    return c.compiled(to, PROGRAMS / source, *options)
