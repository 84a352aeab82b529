"""The allocator that test_contract.py is about."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--library", type=Path)
    parser.addoption("--profile", type=Path)


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Path:
    return request.config.getoption("--library")


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> Path:
    return request.config.getoption("--profile")
