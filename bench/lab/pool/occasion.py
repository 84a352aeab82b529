"""Folders of results as occasions: what A and B did there, row by row."""

import dataclasses
import json
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.run import earlier
from bench.lab.run.earlier import Earlier
from bench.lab.run.runs import Runs
from bench.lab.run.schedule import Job
from bench.lab.select import anycommand, row
from bench.lab.select.anycommand import AnyCommand
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

FEWEST = 2  # occasions


@dataclass(frozen=True)
class Occasion:
    """One measurement of A and B."""

    number: int  # from 1, in the order that they were named
    folder: Path
    about: dict  # its run.json
    runs: Runs  # of A and B

    @property
    def machine(self) -> dict:
        """Empty if run.json does not say."""
        return self.about.get("machine") or {}

    @property
    def packages(self) -> dict:
        """Package -> its version on that machine."""
        return self.machine.get("packages") or {}

    @property
    def started(self) -> str:
        """When, as run.json has it."""
        return str(self.about.get("started", ""))


def folders(named: Sequence[Path]) -> list[Path]:
    """The folders, with those of its occasions in place of one that was itself joined from
    others.  Raises UsageError for one that cannot be read."""
    return [one for folder in named for one in _inner(folder)]


def _inner(folder: Path) -> Iterator[Path]:
    try:
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        inner = [folder / one["folder"] for one in about.get("occasions", [])]
    except FileNotFoundError:
        inner = []
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{folder}: run.json is not readable ({error})") from error
    yield from inner or [folder]


def load(named: Sequence[Path], a: str | None = None, b: str | None = None) -> list[Occasion]:
    """The occasions of at least two folders; A and B are the first two variants of the first
    folder, if they have no names.

    Raises UsageError for a folder that cannot be read or lacks a variant, and for the same
    measurement twice.
    """
    found = [earlier.load(folder) for folder in named]
    if len(found) < FEWEST:
        raise UsageError(f"{len(found)} folder of results: name at least {FEWEST}, each of a "
                         "measurement of its own")
    _require_apart(found)
    pair = _names(found[0], a, b)
    for one in found:
        _require_both(one, pair)
    rows = {key: _row(*key) for one in found for key in one.rows}
    variants = [Variant(name, "", "shared", {}) for name in pair]
    return [Occasion(number, one.folder, one.about, _runs(one, rows, variants))
            for number, one in enumerate(found, 1)]


def has_results(folder: Path) -> bool:
    """Whether it is the folder of a measurement that got as far as a run with numbers."""
    try:
        earlier.load(folder)
    except UsageError:
        return False
    return True


def variants(occasions: Sequence[Occasion]) -> tuple[Variant, Variant]:
    """A and B."""
    first, second = occasions[0].runs.variants
    return first, second


def rows(occasions: Sequence[Occasion]) -> list[Row]:
    """All rows of all occasions."""
    return list({row.key: row for one in occasions for row in one.runs.rows}.values())


def only(occasions: Sequence[Occasion], kept: Collection[Row]) -> list[Occasion]:
    """The occasions with no other rows."""
    found = []
    for one in occasions:
        runs = Runs([row for row in one.runs.rows if row in kept], one.runs.variants)
        for job, run in one.runs.made:
            if job.row in kept:
                runs.add(job, run, "")
        found.append(dataclasses.replace(one, runs=runs))
    return found


def _names(first: Earlier, a: str | None, b: str | None) -> tuple[str, str]:
    """Raises UsageError where there are no two variants, and for the same one twice."""
    there = _variants(first)
    if not (a and b) and len(there) < 2:
        raise UsageError(f"{first.folder}: has one variant only, {', '.join(there)}; it takes two")
    pair = a or next(name for name in there if name != b), \
        b or next(name for name in there[1:] + there[:1] if name != a)
    if pair[0] == pair[1]:
        raise UsageError(f"--a, --b: both are {pair[0]}; there are {', '.join(there)}")
    return pair


def _variants(one: Earlier) -> list[str]:
    named = one.about.get("variants")
    return [str(name) for name in named] if isinstance(named, list) else one.variants


def _require_both(one: Earlier, pair: tuple[str, str]) -> None:
    for name in pair:
        if name not in one.variants:
            raise UsageError(f"{one.folder}: has no runs of {name}; there are runs of "
                             f"{', '.join(one.variants)}; --a NAME --b NAME choose two")


def _require_apart(found: Sequence[Earlier]) -> None:
    """The same runs twice would look like agreement."""
    seen: dict[tuple, Path] = {}
    for one in found:
        about = one.about
        is_it = (about["started"], about.get("seed"), str(about.get("machine"))) \
            if about.get("started") else (one.folder.resolve(),)
        if is_it in seen:
            raise UsageError(f"{seen[is_it]} and {one.folder} are the same measurement; name each "
                             "once")
        seen[is_it] = one.folder


def _row(program: str, params: str) -> Row:
    args = tuple(shlex.split(params))
    if program == anycommand.PROGRAM:
        return AnyCommand(program, args, 1, f"the whole of {params}")
    return row.of(program, args)


def _runs(one: Earlier, known: dict[tuple[str, str], Row], pair: list[Variant]) -> Runs:
    made = Runs([known[key] for key in one.rows], pair)
    for key in one.rows:
        for variant in pair:
            for rep, run in one.runs(*key, variant.name).items():
                made.add(Job(known[key], variant, rep), run, "")
            for rep, run in one.failed(*key, variant.name).items():
                made.add(Job(known[key], variant, rep), run, f"round {rep}")
    return made
