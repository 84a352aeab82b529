"""Variants that a command builds itself: Bazel builds a package that lies beside the workspace."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bazel import inner
from bench.lab.base import paths
from bench.lab.base.errors import ToolError, UsageError
from bench.lab.select.axes import check, combinations

PACKAGE = "sweep"  # at the top of the workspace, as Bazel sees it

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
    base = "{base}",
    files = {files},
    programs = {programs},
)
"""


def build(base: str, axes: list[tuple[str, list[str]]], programs: list[str],
          scratch: Path) -> Path:
    """Builds a variant for each combination of values, and the programs; returns the manifest.

    `scratch` is an empty folder, needed while this runs.  Raises UsageError for wrong axes, and
    where this was not started by bazel run; ToolError if the build fails.
    """
    check(base, axes, paths.PROFILES, scratch)
    print(f"building {combinations(axes)} variants of {base}", file=sys.stderr)
    return _build(_BUILD.format(name=PACKAGE, axes=_starlark(dict(axes)), base=base,
                                programs=_starlark(programs)), {}, scratch)


def build_profiles(profiles: dict[str, Path], scratch: Path, base: str = "default",
                   programs: Sequence[str] = ()) -> Path:
    """Builds each profile, from files that may lie anywhere, and the profile `base`: the library,
    and the programs linked with it; returns the manifest.  A `scratch` may be used again, with more
    profiles.  Raises as build does."""
    print(f"building {len(profiles)} profiles", file=sys.stderr)
    files = {f"{name}.yaml": path for name, path in profiles.items()}
    return _build(_BUILD_PROFILES.format(
        name=PACKAGE, base=base, files=_starlark(list(files)), programs=_starlark(list(programs))),
        files, scratch)


def _build(text: str, files: dict[str, Path], scratch: Path) -> Path:
    workspace = inner.workspace()
    if workspace is None:
        raise UsageError("it builds, so it is started in the workspace, by bazel run")
    package = scratch / PACKAGE
    package.mkdir(exist_ok=True)
    (package / "BUILD.bazel").write_text(text, encoding="utf-8")
    for name, path in files.items():
        shutil.copyfile(path, package / name)
    _bazel(workspace, "build", f"--package_path=%workspace%:{scratch}", f"//{PACKAGE}:all")
    bin_folder = _bazel(workspace, "info", "bazel-bin").strip()
    return Path(bin_folder) / PACKAGE / f"{PACKAGE}_manifest.json"


def _starlark(value: dict | list) -> str:
    return repr(value).replace("'", '"')


def _bazel(workspace: Path, *words: str) -> str:
    done = subprocess.run(inner.command(workspace, *words, "--ui_event_filters=-info"),
                          cwd=workspace, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ToolError(f"bazel {words[0]} failed with exit status {done.returncode}: "
                        "what it printed is above")
    return done.stdout
