"""The list of mutants fits the checkout: every text is there once, every suite is a test."""

from pathlib import Path

import pytest

from tests.mutants import mutants

ROOT = Path(__file__).absolute().parents[2]
FOUND = mutants.read(ROOT / "tests" / "mutants")


@pytest.mark.parametrize("one", FOUND, ids=lambda one: one.name)
def test_it_applies(one):
    assert one.applied(ROOT) != (ROOT / one.file).read_text(encoding="utf-8")


def test_the_suites_are_those_of_the_build_file():
    """Which Bazel knows to be tests."""
    suites = (ROOT / "tests" / "mutants" / "suites.txt").read_text(encoding="utf-8").split()
    assert {suite for one in FOUND for suite in one.suites} == set(suites)
