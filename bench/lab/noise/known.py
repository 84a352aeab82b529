"""Pairs of variants whose difference is known by how they are made."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from bench.lab.base.errors import UsageError
from bench.lab.judge.measures import PEAK, SPEED, Measure
from bench.lab.select.manifest import Manifest
from bench.lab.select.variant import Variant

AGAIN = "+again"  # behind a variant's name: the same machine code in other layouts
OTHER_NAME = {"hakmem": "hakmem-header-classidx-off"}  # profiles that come to the same machine code
BALLAST_KIB = 128  # of memory that a program takes beside the load, where memory differs
KINDS = ("again", "names", "added", "memory")


@dataclass(frozen=True)
class Known:
    """A pair; B is worse in `measure` by `percent`, 0 for no difference in anything."""

    name: str
    a: Variant
    b: Variant
    measure: Measure = SPEED
    percent: float = 0.0  # of added work; of memory it depends on the row


def pairs(built: Manifest, one: Variant, kinds: Sequence[str],
          added: Sequence[float]) -> list[Known]:
    """The pairs of these kinds.  Raises UsageError for a kind that the variant has not."""
    known = {variant.name: variant for variant in built.variants}
    found = []
    for kind in kinds:
        if kind == "again":
            again = known.get(one.name + AGAIN) or one
            found.append(Known("again", one, dataclasses.replace(again, name=one.name + AGAIN)))
        elif kind == "names":
            other = other_name(built, one)
            if other is None:
                raise UsageError(f"--pairs: names: {one.name} is not there under another name; "
                                 + ", ".join(f"{a} is as {b}" for a, b in OTHER_NAME.items())
                                 + ", if both were built")
            found.append(Known("names", one, other))
        elif kind == "added":
            found += [Known(f"added-{percent:g}", one, dataclasses.replace(
                one, name=f"{one.name}-slowed", more=percent / 100), SPEED, percent)
                for percent in added]
        else:
            found.append(Known("memory", one, dataclasses.replace(
                one, name=f"{one.name}-larger", ballast_kib=BALLAST_KIB), PEAK, 1.0))
    return found


def other_name(built: Manifest, one: Variant) -> Variant | None:
    """The variant of another profile with the same machine code; None if none was built."""
    name = OTHER_NAME.get(one.name)
    return next((variant for variant in built.variants if variant.name == name), None)
