"""The files hold every pair of corner values that the loader takes."""

import itertools
from pathlib import Path

import pytest
import yaml

from gen.check import prove
from gen.classes import build_model
from gen.profiles import ROOT, load_profile, schema_keys
from tests.corners import corners
from tests.corners.pairs import choices, held

FILES = sorted(Path("tests/corners/profiles").glob("corner_*.yaml"))
OF = corners.combined()


@pytest.fixture(scope="module")
def written() -> dict[str, dict]:
    """Name -> all values, by what the files state."""
    default = {
        f"{section}.{key}": value
        for section, keys in corners.default_keys().items() for key, value in keys.items()
    }
    result = {}
    for path in FILES:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        stated = {
            f"{section}.{key}": value
            for section in schema_keys() for key, value in document.get(section, {}).items()
        }
        result[path.stem.removeprefix(corners.PREFIX)] = {**default, **stated}
    return result


def inside(values: dict) -> bool:
    """Whether all values are corners, or of an enumeration."""
    return all(value in corners.parameters()[key] for key, value in values.items())


def missing_choices(profiles) -> set:
    taken = {
        choice
        for values in profiles if inside(values)
        for choice in held(corners.to_indices(values), OF)
    }
    return set(choices(OF)) - taken


def named(choice) -> dict:
    return {name: corners.parameters()[name][index] for name, index in choice}


def test_every_key_is_combined():
    assert list(corners.parameters()) == [
        f"{section}.{key}" for section, keys in schema_keys().items() for key in keys
    ]
    for name, values in corners.parameters().items():
        section, key = name.split(".")
        node = schema_keys()[section][key]
        assert corners.default_keys()[section][key] in values
        for limit in ("minimum", "maximum"):
            assert limit not in node or node[limit] in values
        assert all(value in values for value in node.get("enum", ()))
        assert "null" not in node.get("type", ()) or None in values


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_a_valid_profile(path):
    prove(build_model(load_profile(path, ROOT / "profiles")))


def test_the_files_are_the_set(written):
    numbers = [name for name in written if name.isdecimal()]
    assert written == corners.corners(len(numbers)).profiles


def test_the_named_ones_are_there(written):
    assert set(corners.NAMED) <= set(written)
    assert written["one_size"]["classes.sizes"] == [16]
    assert written["least"]["front.thread_bytes"] == written["least"]["front.total_bytes"] == 0
    for name, values in written.items():
        for key, value in values.items():
            numbers = [one for one in corners.parameters()[key] if type(one) is int]
            if numbers and name in ("least", "greatest") and value not in numbers[:2]:
                pressed = {**values, key: (min if name == "least" else max)(numbers)}
                assert corners.refusal(pressed), f"{name}: {key} may be {pressed[key]}"


def test_every_pair_is_held_unless_it_is_refused(written):
    """What no file holds is refused, or has no effect, whatever the keys named as to blame are."""
    missing = missing_choices(written.values())
    assert len(missing) < len(choices(OF)) / 50
    for choice in missing:
        fixed = dict(choice)
        blamed = blamed_keys(choice)
        for indices in itertools.product(*(range(OF.counts[name]) for name in blamed)):
            assignment = {**OF.default, **dict(zip(blamed, indices)), **fixed}
            assert not holds(assignment, choice), f"{named(choice)}: {named(assignment.items())}"


def holds(assignment, choice) -> bool:
    return OF.refused(assignment) is None and choice in set(held(assignment, OF))


def blamed_keys(choice) -> list[str]:
    """Keys beside the choice that are named when it is refused, or decide that it has no effect."""
    assignment = {**OF.default, **dict(choice)}
    named_keys = OF.refused(assignment)
    if named_keys is None:
        idle = OF.idle(assignment)
        named_keys = [key for name, _ in choice for key in idle.get(name, ())]
    return [name for name in named_keys if name not in dict(choice)]


def test_the_test_notices_a_pair_that_is_not_held(written):
    """Most files hold a pair that no other one does."""
    complete = missing_choices(written.values())
    numbered = [name for name in written if name.isdecimal()]
    needed = [
        name for name in numbered
        if missing_choices(values for other, values in written.items() if other != name) > complete
    ]
    assert len(needed) > len(numbered) / 2
