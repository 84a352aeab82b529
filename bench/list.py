"""bazel run //bench:list: lists the programs, variants and axes that the other commands take."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bench.lab.base import ending, paths
from bench.lab.base.errors import UsageError
from bench.lab.select import inventory, manifest, options
from gen import screen

PARTS = ("programs", "variants", "axes")
SETS_LEGEND = (
    "quick: without --full; by name: the same, for programs that --bench names; full: with --full"
)
AXES_LEGEND = (
    "An axis for //bench:sweep is a key with values, such as --axis front.fast_cap=8,16,32.  "
    "profiles/default.yaml says what each key is for, --json too."
)


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("list", __doc__.split(": ", 1)[1], ["", "variants", "axes --json"])
    parser.add_argument("part", nargs="*", metavar="programs|variants|axes",
                        help="what to list; default: all three")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options.add_manifest(parser)
    return parser


def gather(parts: list[str], built: Path, profiles: Path) -> dict[str, list[dict[str, Any]]]:
    """The parts that are asked for, in the order of PARTS.  Raises UsageError for another word."""
    for part in parts:
        if part not in PARTS:
            raise UsageError(f"there is no {part}; there are {', '.join(PARTS)}")
    found = {
        "programs": inventory.programs,
        "variants": lambda: inventory.variants(manifest.load(built), profiles),
        "axes": lambda: inventory.axes(profiles),
    }
    return {part: found[part]() for part in PARTS if part in (parts or PARTS)}


def _word(value: Any) -> str:
    """As in a profile's file."""
    return value if isinstance(value, str) else json.dumps(value)


def range_of(axis: dict[str, Any]) -> str:
    """The valid values of an axis, as text."""
    if axis["values"] is not None:
        return ", ".join(map(_word, axis["values"]))
    multiple = f", a multiple of {axis['multiple_of']}" if axis["multiple_of"] else ""
    return f"{axis['minimum']}..{axis['maximum']}{multiple}"


def _show_programs(console: Console, programs: list[dict[str, Any]]) -> None:
    for one in programs:
        console.print(Text.assemble((one["name"], "bold"), f": {one['load']}"))
        screen.put(console, ["parameters", "run in", "load"], [
            [row["parameters"], ", ".join(row["sets"]), row["load"]] for row in one["rows"]],
            words=range(3), folds=(2,))
        console.print()
    console.print(SETS_LEGEND, style="dim")


def _show_variants(console: Console, found: list[dict[str, Any]]) -> None:
    screen.put(console, ["variant", "kind", "linked", "what it is"], [
        [one["name"], one["kind"], one["link"] or "", one["summary"] or (
            f"not installed: apt install {one['missing_package']}"
            if one["missing_package"] else "")]
        for one in found], words=range(4), folds=(3,))


def _show_axes(console: Console, axes: list[dict[str, Any]]) -> None:
    screen.put(console, ["axis", "default", "values"], [
        [one["key"], _word(one["default"]), range_of(one)] for one in axes],
        words=range(3), folds=(2,))
    console.print()
    console.print(AXES_LEGEND, style="dim")


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: standard output takes no more; 2: wrong use; 141: its reader is gone."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        found = gather(chosen.part, chosen.manifest, paths.PROFILES)
        if chosen.json:
            print(json.dumps(found, indent=2))
            return 0
        console = screen.make_console()
        show = {"programs": _show_programs, "variants": _show_variants, "axes": _show_axes}
        for i, (part, values) in enumerate(found.items()):
            if i:
                console.print()
            show[part](console, values)
        return 0

    return ending.guarded("list", work)


if __name__ == "__main__":
    sys.exit(main())
