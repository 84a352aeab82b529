"""Lists of what can be measured: programs, variants and axes, as plain values for JSON and
tables."""

from pathlib import Path
from typing import Any

import yaml

from bench.lab.select import rows
from bench.lab.select.manifest import Manifest
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.variant import Variant
from gen.profiles import DEFAULT, ProfileError, load_profile, schema_keys

_SUMMARIES = {
    "system": "the C library's malloc",
    "null": "one place for all blocks, free does nothing: what the programs' own loops cost",
    "floor": "the least that an allocator of one thread has to do",
}
_AGAIN = "{} in other layouts, measured only if it is named: what differs is chance"
_LEFT_OUT = "debug"  # its keys change the debug build only, not what is measured


def programs() -> list[dict[str, Any]]:
    """Each program with its rows; a row's `sets` say when it is run."""
    sets = {"quick": rows.QUICK, "by name": rows.QUICK_BY_NAME, "full": rows.FULL}
    found = []
    for name, program in sorted(PROGRAMS.items()):
        its: dict[str, dict[str, Any]] = {}
        for kind, all_rows in sets.items():
            for row in all_rows:
                if row.program == name:
                    one = its.setdefault(row.params, {
                        "parameters": row.params, "threads": row.threads, "load": row.load,
                        "sets": []})
                    one["sets"].append(kind)
        found.append({"name": name, "load": program.load, "rows": list(its.values())})
    return found


def variants(manifest: Manifest, profiles: Path) -> list[dict[str, Any]]:
    """Each variant, then each peer that is not installed.  None stands for what is not known."""
    found = [{
        "name": one.name, "kind": one.kind, "link": one.link, "profile": one.profile,
        "summary": _what_it_is(one, profiles),
        "missing_package": None,
    } for one in manifest.variants]
    return found + [{
        "name": peer.name, "kind": "peer", "link": None, "profile": None, "summary": None,
        "missing_package": peer.package,
    } for peer in manifest.missing]


def _what_it_is(one: Variant, profiles: Path) -> str | None:
    base, _, _ = one.name.partition("+")
    if one.hidden:
        return _AGAIN.format(base)
    return _summary(one.profile, profiles) if one.profile else _SUMMARIES.get(base)


def _summary(profile: str, profiles: Path) -> str | None:
    """The profile's summary; None if there is no such file in the folder, or if it is wrong."""
    try:
        return load_profile(profiles / f"{profile}.yaml", profiles).summary
    except ProfileError:
        return None


def axes(profiles: Path) -> list[dict[str, Any]]:
    """Each key of a profile that has one value: its default, and which values it may have.

    `values` lists all that there are; it is null where any integer from `minimum` to `maximum`
    that is a multiple of `multiple_of` will do.
    """
    default = yaml.safe_load((profiles / f"{DEFAULT}.yaml").read_text(encoding="utf-8"))
    return [
        {"key": f"{section}.{key}", "default": default[section][key], **_range(node),
         "description": node["description"]}
        for section, keys in schema_keys().items() if section != _LEFT_OUT
        for key, node in keys.items() if "array" not in node.get("type", "")
    ]


def _range(node: dict[str, Any]) -> dict[str, Any]:
    values = node.get("enum")
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "boolean" in kinds:
        values = [False, True] + ([None] if "null" in kinds else [])
    return {"values": values, "minimum": node.get("minimum"), "maximum": node.get("maximum"),
            "multiple_of": node.get("multipleOf")}
