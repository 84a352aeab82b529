"""Profiles at the corners of profiles/schema.json: any two keys at their extremes together.

    corners.py FOLDER/corner_NAME.yaml ... FOLDER/corner_00.yaml FOLDER/corner_01.yaml ...

writes these files.  A NAME is one of NAMED; those with numbers hold, with the named ones, every
pair of extremes that the loader takes.  They follow from the schema, the default profile and what
the loader refuses, so that a new key joins by itself.
"""

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import yaml

from gen.classes import build_model
from gen.model import Keys
from gen.profiles import DEFAULT, ROOT, ProfileError, checked, merged, read_chain, schema_keys
from tests.corners.pairs import Assignment, Choice, Parameters, cover

Values = dict[str, Any]  # SECTION.KEY -> value; what is not there is as in the default

PREFIX = "corner_"  # of a profile's name
_KEY = re.compile(r"\b[a-z]+\.[a-z0-9_]+\b")


# ---- values --------------------------------------------------------------------------------------


def corners_of(node: Mapping[str, Any], default: Any) -> list[Any]:
    """The extremes of what a key's schema allows, and its default."""
    values: list[Any] = []
    types = node.get("type", ())
    if "enum" in node:
        numbers = all(type(value) is int for value in node["enum"])
        values += [min(node["enum"]), max(node["enum"])] if numbers else node["enum"]
    elif "boolean" in types:
        values += [False, True]
    elif "array" in types:
        values += _lists_of(node)
    else:
        values += [node["minimum"], node["maximum"]]
    if "null" in types:
        values.append(None)
    return values + [default] * (default not in values)


def _lists_of(node: Mapping[str, Any]) -> list[list[int]]:
    """Rising lists of numbers: the shortest, of the least and of the greatest, and the longest."""
    item = node["items"]
    step, least, greatest = item["multipleOf"], item["minimum"], item["maximum"]
    longest = [least + step * i for i in range(node["maxItems"] - 1)] + [greatest]
    return [[least], [greatest], longest]


@cache
def parameters() -> dict[str, list[Any]]:
    """SECTION.KEY -> its values: the corners, then what else an enumeration has."""
    default = default_keys()
    result = {}
    for section, keys in schema_keys().items():
        for key, node in keys.items():
            corners = corners_of(node, default[section][key])
            others = [value for value in node.get("enum", ()) if value not in corners]
            result[f"{section}.{key}"] = corners + others
    return result


@cache
def _default_chain() -> dict[Path, dict[str, Any]]:
    profiles = ROOT / "profiles"
    return read_chain(profiles / f"{DEFAULT}.yaml", profiles)


def default_keys() -> Keys:
    """As default.yaml states them."""
    (document,) = _default_chain().values()
    return {section: document[section] for section in schema_keys()}


# ---- what the loader says ------------------------------------------------------------------------


def document(values: Values, summary: str) -> dict[str, Any]:
    """A profile's document; values that are the default's are left out."""
    result: dict[str, Any] = {"summary": summary}
    default = default_keys()
    for name, value in values.items():
        section, key = name.split(".")
        if value != default[section][key]:
            result.setdefault(section, {})[key] = value
    return result


def refusal(values: Values) -> str | None:
    """Why the generator takes no profile with these values; None if it does."""
    path = Path("corner.yaml")
    try:
        build_model(merged({path: checked(path, document(values, "A corner")), **_default_chain()}))
    except ProfileError as error:
        return str(error)
    return None


def idle_keys(values: Values) -> dict[str, list[str]]:
    """Keys without effect beside the others -> the keys that decide so, by the schema."""
    result = {}
    for section, keys in schema_keys().items():
        for key, node in keys.items():
            needed = node.get("inEffectWith", {})
            if any(values[f"{section}.{other}"] != value for other, value in needed.items()):
                result[f"{section}.{key}"] = [f"{section}.{other}" for other in needed]
    return result


# ---- the set -------------------------------------------------------------------------------------


def combined() -> Parameters:
    """What pairs.py combines: indices of the values above."""
    values = parameters()
    default = default_keys()
    defaults = {}
    corners = {}
    for section, keys in schema_keys().items():
        for key, node in keys.items():
            name, value = f"{section}.{key}", default[section][key]
            defaults[name] = values[name].index(value)
            corners[name] = range(len(corners_of(node, value)))

    def refused(assignment: Assignment) -> Sequence[str] | None:
        reason = refusal(of_indices(assignment))
        if reason is None:
            return None
        return [name for name in dict.fromkeys(_KEY.findall(reason)) if name in values]

    return Parameters(
        counts={name: len(of_key) for name, of_key in values.items()},
        corners=corners,
        default=defaults,
        refused=refused,
        idle=lambda assignment: idle_keys(of_indices(assignment)),
    )


def of_indices(assignment: Assignment) -> Values:
    """The values that an assignment of pairs.py stands for."""
    return {name: parameters()[name][index] for name, index in assignment.items()}


def to_indices(values: Values) -> Assignment:
    """The inverse, for values that are among those of parameters()."""
    return {name: parameters()[name].index(value) for name, value in values.items()}


def _pressed(extreme: Callable[[list[Any]], Any]) -> Values:
    """All keys that have an order at one extreme, as far as the loader takes them together."""
    values = _default_values()
    numbers = {name: [one for one in of_key if isinstance(one, int)]
               for name, of_key in parameters().items()}
    for _ in range(2):  # what one key needs may come behind it
        for name, ordered in numbers.items():
            pressed = {**values, name: extreme(ordered)} if ordered else values
            if refusal(pressed) is None:
                values = pressed
    return values


def _default_values() -> Values:
    return {
        f"{section}.{key}": value
        for section, keys in default_keys().items()
        for key, value in keys.items()
    }


# Profiles that are there whatever the pairs: name -> the values that differ from the default.
NAMED: dict[str, Callable[[], Values]] = {
    "least": lambda: _pressed(min),
    "greatest": lambda: _pressed(max),
    "one_size": lambda: {"classes.sizes": [16]},
    "header_one_size": lambda: {"classes.sizes": [16], "front.class_lookup": "header"},
    "mixed_kinds": lambda: {"front.list_max": 512, "front.specialize_mask": 255},
    "quarantine": lambda: {
        "classes.sizes": [16, 65536],
        "guard.checks": True,
        "guard.quarantine_bytes": 268435456,
        "guard.random": True,
    },
}


@dataclass(frozen=True)
class Corners:
    """The whole set: name -> all values; and the choices that the loader refuses."""

    profiles: dict[str, Values]
    refused: set[Choice]


def corners(count: int) -> Corners:
    """The named profiles, and at least `count` others."""
    chosen = {name: {**_default_values(), **make()} for name, make in NAMED.items()}
    known = parameters()
    inside = [values for values in chosen.values() if all(v in known[k] for k, v in values.items())]
    made, refused = cover(combined(), [to_indices(values) for values in inside], count)
    numbered = {f"{number:02}": of_indices(one) for number, one in enumerate(made)}
    return Corners({**chosen, **numbered}, refused)


def text(name: str, values: Values) -> str:
    """The profile's file."""
    return yaml.safe_dump(document(values, f"A corner of the schema: {name}"), sort_keys=False)


def main(args: Sequence[str]) -> int:
    """0; 2 unless the files are just those of the set."""
    paths = {Path(arg).stem.removeprefix(PREFIX): Path(arg) for arg in args}
    numbers = [name for name in paths if name.isdecimal()]
    profiles = corners(len(numbers)).profiles
    if paths.keys() != profiles.keys():
        print(
            f"corners: {len(paths)} files are named, the set has {len(profiles)} profiles: "
            f"{', '.join(NAMED)} and {len(profiles) - len(NAMED)} with numbers; "
            "tests/corners/corners.bzl lists them",
            file=sys.stderr,
        )
        return 2
    for name, path in paths.items():
        path.write_text(text(name, profiles[name]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
