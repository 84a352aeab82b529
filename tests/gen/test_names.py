"""The build and the commands refuse the same names of profiles, with the same words."""

from pathlib import Path

import pytest

from gen.profiles import ROOT, ProfileError, load_profile, name_taken

RULE = ROOT / "bazel/allocator/names.bzl"
GOOD = ["app", "low-rss2", "a", "0", "my_app", "-", "low-rss-x", "lo_rss", "app-1_x"]
BAD = ["App", "a b", "é", "a.b", "a+b", "A", "ß", "a:b", "٣"]
TAKEN = {"low-rss_x": "low-rss", "app_": "app", "default_1": "default"}


def fails(reason):
    raise AssertionError(reason)


@pytest.fixture(scope="module")
def sorted_out():
    """The build's rule: Starlark that is Python, too."""
    names = {"fail": fails}
    exec(compile(RULE.read_text(encoding="utf-8"), RULE, "exec"), names)  # a file of ours
    return lambda *stems: names["sorted_out"]([f"profiles/{stem}.yaml" for stem in stems])


@pytest.mark.parametrize("name", GOOD)
def test_names_that_both_take(name, sorted_out, workspace):
    path = workspace.write(name, "summary: Good")
    assert load_profile(path, Path("profiles")).name == name
    assert name_taken(name, ["default", "low-rss", name]) is None
    names, refused = sorted_out("default", "low-rss", name)
    assert name in names and refused == []


@pytest.mark.parametrize("name", BAD)
def test_names_that_both_refuse(name, sorted_out, workspace):
    path = workspace.write(name, "summary: Bad")
    with pytest.raises(ProfileError, match="its name made of a-z, 0-9, - and _$"):
        load_profile(path, Path("profiles"))
    names, refused = sorted_out("default", name)
    assert list(names) == ["default"]
    assert refused == [f"profiles/{name}.yaml: a profile's name is made of a-z, 0-9, - and _"]


@pytest.mark.parametrize(("name", "other"), TAKEN.items())
def test_names_that_another_profile_has_taken(name, other, sorted_out):
    why = name_taken(name, ["default", other, name])
    assert other in why
    names, refused = sorted_out("default", other, name)
    assert name not in names and refused == [f"profiles/{name}.yaml: {why}"]


def test_the_default_is_first_and_has_to_be_there(sorted_out):
    assert list(sorted_out("app", "default")[0]) == ["default", "app"]
    with pytest.raises(AssertionError, match="default.yaml is missing"):
        sorted_out("app")
