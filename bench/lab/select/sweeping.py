"""Variants of a profile built on demand: the axes are checked, then Bazel builds a package that
lies beside the workspace."""

import argparse
import itertools
import shutil
import subprocess
import sys
from pathlib import Path

from bazel import inner
from bench.lab.base.tools import ToolError
from bench.lab.select.rows import UsageError
from gen.check import TableError, prove
from gen.classes import build_model
from gen.profiles import ROOT, ProfileError, known_profiles, load_profile, schema_keys

PACKAGE = "sweep"  # at the top of the workspace, as Bazel sees it
MOST = 64  # variants; each is compiled and measured

_BUILD = """\
load("//bazel/bench:sweep.bzl", "sweep_variants")

sweep_variants(
    name = "{name}",
    axes = {axes},
    base = "{base}",
    programs = {programs},
)
"""

_BUILD_PROFILES = """\
load("//bazel/bench:sweep.bzl", "sweep_variants")

sweep_variants(
    name = "{name}",
    files = {files},
    programs = [],
)
"""


def axis(text: str) -> tuple[str, list[str]]:
    """SECTION.KEY=VALUE,... -> key, values."""
    key, equals, values = text.partition("=")
    words = [value for value in values.split(",") if value]
    if not (key and equals and words):
        raise argparse.ArgumentTypeError(f"{text!r} is not SECTION.KEY=VALUE,..., such as "
                                         "front.fast_cap=8,16")
    return key, list(dict.fromkeys(words))


def check(base: str, axes: list[tuple[str, list[str]]], profiles_dir: Path, scratch: Path) -> None:
    """Raises UsageError for a base, a key or a value that gives no allocator."""
    if base not in known_profiles(profiles_dir):
        raise UsageError(f"--base: there is no profile {base}; there are "
                         f"{', '.join(known_profiles(profiles_dir))}")
    known = [f"{section}.{key}" for section, keys in schema_keys().items() for key in keys]
    names = [key for key, _ in axes]
    for key in names:
        if key not in known:
            raise UsageError(f"--axis: there is no key {key}; bazel run //bench:list -- axes "
                             "lists them")
        if names.count(key) > 1:
            raise UsageError(f"--axis: {key} is given twice; give all of its values at once")
    count = 1
    for _, values in axes:
        count *= len(values)
    if count > MOST:
        raise UsageError(f"--axis: {count} combinations are more than {MOST}")
    for values in itertools.product(*(values for _, values in axes)):
        _check_point(base, dict(zip(names, values)), profiles_dir, scratch / "point.yaml")


def _check_point(base: str, point: dict[str, str], profiles_dir: Path, path: Path) -> None:
    sections: dict[str, list[str]] = {}
    for name, value in point.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, []).append(f"  {key}: {value}\n")
    text = "".join(f"{section}:\n{''.join(lines)}" for section, lines in sections.items())
    path.write_text(f"summary: a point of a sweep\nbase: {base}\n{text}", encoding="utf-8")
    where = ", ".join(f"{name}={value}" for name, value in point.items())
    try:
        prove(build_model(load_profile(path, profiles_dir), False))
    except ProfileError as error:
        problem = error.problems[0].removeprefix(f"{path}: ")
        raise UsageError(f"--axis: {where}: {problem}") from error
    except TableError as error:
        raise UsageError(f"--axis: {where}: {str(error).splitlines()[0]}") from error


def build(base: str, axes: list[tuple[str, list[str]]], programs: list[str],
          scratch: Path) -> Path:
    """Builds a variant for each combination of values, and the programs; returns the manifest.

    `scratch` is an empty folder, needed while this runs.  Raises UsageError for wrong axes, and
    where this was not started by bazel run; ToolError if the build fails.
    """
    check(base, axes, ROOT / "profiles", scratch)
    count = sum(1 for _ in itertools.product(*(values for _, values in axes)))
    print(f"building {count} variants of {base}", file=sys.stderr)
    return _build(_BUILD.format(name=PACKAGE, axes=_starlark(dict(axes)), base=base,
                                programs=_starlark(programs)), {}, scratch)


def build_profiles(profiles: dict[str, Path], scratch: Path) -> Path:
    """Builds the libraries of profiles that are files anywhere, by name; returns the manifest.
    Raises as build does."""
    print(f"building {len(profiles)} profiles", file=sys.stderr)
    files = {f"{name}.yaml": path for name, path in profiles.items()}
    return _build(_BUILD_PROFILES.format(name=PACKAGE, files=_starlark(list(files))), files,
                  scratch)


def _build(text: str, files: dict[str, Path], scratch: Path) -> Path:
    workspace = inner.workspace()
    if workspace is None:
        raise UsageError("it builds, so it is started in the workspace, by bazel run")
    package = scratch / PACKAGE
    package.mkdir()
    (package / "BUILD.bazel").write_text(text, encoding="utf-8")
    for name, path in files.items():
        shutil.copyfile(path, package / name)
    _bazel(workspace, "build", f"--package_path=%workspace%:{scratch}", f"//{PACKAGE}:all")
    bin_folder = _bazel(workspace, "info", "bazel-bin").strip()
    return Path(bin_folder) / PACKAGE / f"{PACKAGE}_manifest.json"


def _starlark(value: dict | list) -> str:
    return repr(value).replace("'", '"')


def _bazel(workspace: Path, *words: str) -> str:
    done = subprocess.run(inner.command(workspace, *words), cwd=workspace, stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode:
        raise ToolError(f"bazel {words[0]} failed with exit status {done.returncode}: "
                           "what it printed is above")
    return done.stdout
