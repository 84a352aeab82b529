"""What the names in results.csv say: rows and variants, of which the build may have no more."""

import shlex

from bench.lab.select import anycommand
from bench.lab.select.anycommand import AnyCommand
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row, of
from bench.lab.select.variant import Variant

DEFAULT = "hakmem"  # the variant of the profile default; other profiles' begin with it and a hyphen
REFERENCES = ("null", "floor")


def row(program: str, params: str) -> Row:
    """The row; that of a program that there is no more has 0 threads.  Raises ValueError for
    parameters with an open quote."""
    args = tuple(shlex.split(params))
    if program == anycommand.PROGRAM:
        return AnyCommand(program, args, 1, "the whole of it")
    return of(program, args) if program in PROGRAMS else Row(program, args, 0, "")


def variant(name: str) -> Variant:
    """The variant, without its programs."""
    allocator, _, further = name.partition("+")
    link = "static" if further == "static" else "shared"
    if allocator == DEFAULT or allocator.startswith(f"{DEFAULT}-"):
        profile = allocator.removeprefix(f"{DEFAULT}-") if allocator != DEFAULT else "default"
        return Variant(name, "profile", link, {}, profile)
    kind = "system" if allocator == "system" else \
        "reference" if name in REFERENCES else "peer"
    return Variant(name, kind, link, {})
