"""A checkout in which files in profiles/ are wrong: each is named, and harms nothing but itself."""

import shutil

import pytest

from tests.usage.workspace import CHECKOUT, Bazel

GOOD = "summary: Good\n"


@pytest.fixture(scope="module", name="bazel")
def fixture_bazel(tmp_path_factory):
    """A copy of the checkout with such files."""
    copy = tmp_path_factory.mktemp("checkout") / "hakmem"
    shutil.copytree(CHECKOUT, copy, symlinks=True, ignore=shutil.ignore_patterns(
        ".git", "bazel-*", "bench_results", "__pycache__", "*.rec*"))
    for name, text in {
        "UPPER": GOOD,
        "co:lon": GOOD,
        "back\\slash": GOOD,
        "with space": GOOD,
        "low-rss_shim": GOOD,
        "wrong": "summary: Wrong\nfront:\n  fast_cap: 1\n",
        "no-yaml": "summary: [\n",
        "good": GOOD,
    }.items():
        (copy / f"profiles/{name}.yaml").write_text(text, encoding="utf-8")
    made = Bazel(copy, tmp_path_factory.mktemp("base"))
    yield made
    made.run("shutdown")


def profiles_said(output: str) -> set[str]:
    return {line.split("profiles/")[1].split(".yaml:")[0]
            for line in output.splitlines() if "profiles/" in line and ".yaml:" in line}


def test_install_builds_what_it_installs_and_nothing_else(bazel, tmp_path):
    done = bazel.run("run", "//:install", "--", "--prefix", str(tmp_path / "a"))
    assert done.returncode == 0, done.stdout
    assert profiles_said(done.stdout) == {
        "UPPER", "with space", "low-rss_shim", "co:lon", "back\\slash"}
    assert "hakmem 1.0.0, profile default, is in" in done.stdout
    done = bazel.run("run", "//:install", "--", "--prefix", str(tmp_path / "b"), "--profile", "good")
    assert done.returncode == 0, done.stdout
    assert "hakmem 1.0.0, profile good, is in" in done.stdout
    page = (tmp_path / "b/share/man/man3/hakmem.3").read_text()
    assert ".B good" in page and ".B wrong" not in page


@pytest.mark.parametrize("target, said", [
    ("//:refused/1", "profiles/UPPER.yaml: a profile's name is made of a-z, 0-9, - and _"),
    ("//:refused/5", "profiles/low-rss_shim.yaml: its targets would be called as those of low-rss "
                     "are"),
    ("//:libhakmem-wrong.so", "profiles/wrong.yaml: front.fast_cap: 1 is not in 2..1024"),
    ("//:libhakmem-no-yaml.so", "profiles/no-yaml.yaml: line "),
])
def test_what_is_wrong_is_said_of_its_own_target(bazel, target, said):
    done = bazel.run("build", target)
    assert done.returncode != 0
    assert said in done.stdout


def test_the_list_of_profiles_has_the_others(bazel):
    done = bazel.run("run", "//gen:explain")
    assert done.returncode == 2
    assert "tiny-heavy" in done.stdout and "\ngood " in done.stdout, done.stdout
    assert "profiles/wrong.yaml: front.fast_cap: 1 is not in 2..1024" in done.stdout
    assert "profiles/no-yaml.yaml: line " in done.stdout
    assert "profiles/low-rss_shim.yaml: its targets would be called" in done.stdout
    done = bazel.run("run", "//gen:explain", "--", "low-rss")
    assert done.returncode == 0, done.stdout


def test_a_name_that_cannot_be_one_stops_nothing(bazel):
    for name in ("wrong", "no-yaml"):
        (bazel.folder / f"profiles/{name}.yaml").rename(bazel.base / name)
    done = bazel.run("build", "--nobuild", "//...")
    for name in ("wrong", "no-yaml"):
        (bazel.base / name).rename(bazel.folder / f"profiles/{name}.yaml")
    assert done.returncode == 0, done.stdout


def test_variants_are_built_without_the_others(bazel):
    done = bazel.run("build", "--//bench:variants=system", "//bench:ab")
    assert done.returncode == 0, done.stdout
    assert (bazel.folder / "bazel-bin/larson_system").exists()
    done = bazel.run("build", "--//bench:variants=systen", "//bench:ab")
    assert done.returncode != 0
    assert "//bench:variants: there is no variant systen; there are hakmem, " in done.stdout
