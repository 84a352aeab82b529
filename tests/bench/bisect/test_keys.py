"""The keys in which two profiles differ, and what must change together."""

import shutil
from pathlib import Path

import pytest

from bench.lab.base.errors import UsageError
from bench.lab.bisect import keys
from gen.profiles import load_profile

PROFILES = Path(__file__).absolute().parents[3] / "profiles"
NAMES = sorted(path.stem for path in PROFILES.glob("*.yaml"))


def test_the_keys_of_a_shipped_profile():
    found = keys.difference("default", "tiny-heavy", PROFILES)
    assert found.values == {"front.list_max": (0, 32768), "central.transfer_batches": (32, 64)}


def test_the_largest_class_is_the_last_of_the_sizes(tmp_path):
    """So it is no key of its own beside a list."""
    shutil.copy(PROFILES / "default.yaml", tmp_path)
    (tmp_path / "few.yaml").write_text("summary: few classes\nclasses:\n  sizes: [16, 64, 1024]\n")
    assert list(keys.difference("default", "few", tmp_path).values) == ["classes.sizes"]
    assert list(keys.difference("few", "default", tmp_path).values) == [
        "classes.max", "classes.sizes"]


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_a_with_all_keys_is_b(a, b, tmp_path):
    try:
        found = keys.difference(a, b, PROFILES)
    except UsageError as error:
        assert "have the same keys" in str(error)
        return
    path = tmp_path / "whole.yaml"
    found.write(list(found.values), path)
    whole, wanted = (load_profile(one, one.parent, PROFILES).keys
                     for one in (path, PROFILES / f"{b}.yaml"))
    whole.pop("debug"), wanted.pop("debug")
    assert whole == wanted


def test_keys_that_need_each_other(tmp_path):
    """The quarantine needs the checks, in the rules of real profiles."""
    found = keys.difference("default", "hardened", PROFILES)
    units = keys.units(list(found.values), lambda some: found.fault(some, tmp_path))
    (together,) = [unit for unit in units if len(unit.keys) > 1]
    assert together.keys == ("guard.checks", "guard.quarantine_bytes")
    assert together.why == "guard.quarantine_bytes: needs guard.checks"
    assert sorted(name for unit in units for name in unit.keys) == sorted(found.values)


@pytest.mark.parametrize("rule, groups", [
    (lambda some: False, ["a", "b", "c", "d"]),
    (lambda some: "a" in some and "c" not in some, ["ac", "b", "d"]),
    (lambda some: ("a" in some) != ("b" in some), ["ab", "c", "d"]),
    (lambda some: "a" in some and "b" not in some or "b" in some and "d" not in some,
     ["abd", "c"]),
    (lambda some: 0 < len(some) < 4, ["abcd"]),
    (lambda some: {"c", "d"} <= some and "a" not in some, ["ad", "b", "c"]),
    (lambda some: some == {"a", "b"}, ["a", "b", "c", "d"]),  # in one combination only
], ids=["none", "one needs one", "both or none", "a chain", "all or none", "two need one",
        "a pair"])
def test_units(rule, groups):
    found = keys.units("abcd", lambda some: "why" if rule(some) else None)
    assert ["".join(unit.keys) for unit in found] == groups
    assert all((unit.why == "why") == (len(unit.keys) > 1) for unit in found)


@pytest.mark.parametrize("value, text", [
    (True, "true"), (None, "null"), (8, "8"), ("map", "map"), ([16, 32], "[16, 32]")])
def test_values_as_a_profile_states_them(value, text):
    assert keys.shown(value) == text


def test_the_profile_of_a_variant():
    assert keys.profile_of("hakmem", PROFILES, "A") == "default"
    assert keys.profile_of("hakmem-low-rss", PROFILES, "A") == "low-rss"
    with pytest.raises(UsageError, match="B: mi is no profile's variant; there are hakmem, "):
        keys.profile_of("mi", PROFILES, "B")
