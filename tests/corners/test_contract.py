"""malloc and free of one profile: a short way through the library, without calls and locks.

How short differs by profile; those that ship have their counts reviewed, see tests/contract.
"""

from pathlib import Path

import pytest

from gen.classes import build_model
from gen.profiles import ROOT, load_profile
from tests.contract import contract

SPECIALIZED = 10  # instructions more where classes have paths of their own: which one is looked for


def test_a_pair_is_short_and_goes_straight(library: Path, profile: Path):
    model = build_model(load_profile(profile, ROOT / "profiles"))
    if model.keys["guard"]["checks"]:
        pytest.skip("there is no fast path")
    size = min(contract.SIZE, model.small_max)
    pair = contract.measure(Path("tests/contract/trace"), library, size).values()
    more = SPECIALIZED if model.specialized else 0
    instructions = sum(counts.instructions for counts in pair)
    assert 15 < instructions <= contract.MOST_INSTRUCTIONS + more
    assert all(counts.calls == 0 and counts.locked == 0 for counts in pair)
