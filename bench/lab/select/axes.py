"""The axes of a sweep: keys of a profile with their values, and whether each combination is an
allocator."""

import argparse
import itertools
import math
from pathlib import Path

from bench.lab.base.errors import UsageError
from gen.check import TableError, prove
from gen.classes import build_model
from gen.profiles import ProfileError, known_profiles, load_profile, schema_keys

MOST = 64  # variants; each is compiled and measured


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
    if combinations(axes) > MOST:
        raise UsageError(f"--axis: {combinations(axes)} combinations are more than {MOST}")
    for values in itertools.product(*(values for _, values in axes)):
        _check_point(base, dict(zip(names, values)), profiles_dir, scratch / "point.yaml")


def _check_point(base: str, point: dict[str, str], profiles_dir: Path, path: Path) -> None:
    sections: dict[str, list[str]] = {}
    for name, value in point.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, []).append(f"  {key}: {value}\n")
    text = "".join(f"{section}:\n{''.join(lines)}" for section, lines in sections.items())
    path.write_text(f"summary: a point of a sweep\nbase: {base}\n{text}", encoding="utf-8")
    problem = fault(path, profiles_dir)
    if problem:
        where = ", ".join(f"{name}={value}" for name, value in point.items())
        raise UsageError(f"--axis: {where}: {problem}")


def fault(path: Path, profiles_dir: Path) -> str | None:
    """Why the profile in this file gives no allocator; None if it does."""
    try:
        prove(build_model(load_profile(path, profiles_dir), False))
    except ProfileError as error:
        return error.problems[0].removeprefix(f"{path}: ")
    except TableError as error:
        return str(error).splitlines()[0]
    return None


def combinations(axes: list[tuple[str, list[str]]]) -> int:
    """The number of variants that the axes make."""
    return math.prod(len(values) for _, values in axes)
