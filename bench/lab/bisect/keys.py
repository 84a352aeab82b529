"""The keys in which two profiles differ, and which of them must change together.

A is one profile, B the other.  "A with some keys" is A in which these keys have B's values; with
all of them, it is B.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.lab.base.errors import UsageError
from bench.lab.select.axes import fault
from gen.profiles import ProfileError, known_profiles, load_profile, schema_keys

_OTHER_BUILD = "debug"  # its keys change the debug build only
_DECIDED = ("front.header_classidx",)  # by front.class_lookup
_SIZES, _MAX = "classes.sizes", "classes.max"
_STEM = "hakmem"


@dataclass(frozen=True)
class Unit:
    """Keys that change together: mostly one."""

    keys: tuple[str, ...]
    why: str | None = None  # they cannot change apart

    @property
    def text(self) -> str:
        """For people."""
        return " with ".join(self.keys)


@dataclass(frozen=True)
class Difference:
    """Two profiles."""

    base: str  # the profile of A
    values: dict[str, tuple[Any, Any]]  # SECTION.KEY -> A's value, B's
    profiles: Path  # their folder

    def write(self, keys: Collection[str], path: Path) -> None:
        """The profile A with these keys."""
        document: dict[str, Any] = {"summary": f"{self.base} with keys of another profile",
                                    "base": self.base}
        for name in keys:
            section, _, key = name.partition(".")
            document.setdefault(section, {})[key] = self.values[name][1]
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def fault(self, keys: Collection[str], scratch: Path) -> str | None:
        """Why A with these keys is no allocator; None if it is one.  `scratch` is a folder for a
        file."""
        path = scratch / "part.yaml"
        self.write(keys, path)
        return fault(path, self.profiles)


def profile_of(variant: str, profiles: Path, where: str) -> str:
    """The name of the variant's profile.  Raises UsageError for a variant that has none; `where`
    names the argument."""
    known = {_STEM if name == "default" else f"{_STEM}-{name}": name
             for name in known_profiles(profiles)}
    if variant not in known:
        raise UsageError(f"{where}: {variant} is no profile's variant; there are "
                         f"{', '.join(known)}")
    return known[variant]


def difference(a: str, b: str, profiles: Path) -> Difference:
    """Of the profiles of these names.  Raises UsageError if they cannot be read, or do not differ
    in what is built."""
    try:
        first, second = (load_profile(profiles / f"{name}.yaml", profiles).keys for name in (a, b))
    except ProfileError as error:
        raise UsageError(error.problems[0]) from error
    values = {
        f"{section}.{key}": (first[section][key], second[section][key])
        for section, keys in schema_keys().items() if section != _OTHER_BUILD
        for key in keys if first[section][key] != second[section][key]
    }
    for name in _DECIDED:
        values.pop(name, None)
    if second["classes"]["sizes"] is not None:
        values.pop(_MAX, None)  # it follows from the sizes
    if not values:
        raise UsageError(f"{a} and {b} have the same keys: what differs between them is chance")
    return Difference(a, values, profiles)


def units(names: Iterable[str], why_not: Callable[[frozenset[str]], str | None]) -> list[Unit]:
    """The keys, together where one cannot change without others.

    `why_not` tells why A with some of the keys is no allocator; None for one that is.  All keys
    together are one.  What contradicts itself in other combinations only stays apart.
    """
    everything = frozenset(names)
    groups = {name: {name} for name in names}
    reasons: dict[str, str] = {}
    for name in names:
        for tried in (frozenset({name}), everything - {name}):
            why = why_not(tried)
            if not why:
                continue
            reasons[name] = why
            whole = set().union(*(groups[one] for one in _needed(name, tried, everything, why_not)))
            for one in whole:
                groups[one] = whole
    found = dict.fromkeys(tuple(name for name in names if name in groups[first]) for first in names)
    return [Unit(its, next((reasons[name] for name in its if name in reasons), None)
                 if len(its) > 1 else None) for its in found]


def _needed(name: str, tried: frozenset[str], everything: frozenset[str],
            why_not: Callable[[frozenset[str]], str | None]) -> set[str]:
    """A smallest set with the key such that A has an allocator with it, or with all the others."""
    alone = name in tried
    needed = set(everything)
    for other in sorted(everything - {name}):
        fewer = frozenset(needed - {other})
        if why_not(fewer if alone else everything - fewer) is None:
            needed.discard(other)
    return needed


def shown(value: Any) -> str:
    """A key's value as a profile states it."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1 << 16)
    return text.removesuffix("...\n").strip()


