"""Real programs, recorded, each with a profile fitted to it and the row that measures it."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.lab.base import paths
from bench.lab.base.errors import ToolError
from bench.lab.run.recorded_program import NotRecorded, record, words
from bench.lab.select import anycommand
from bench.lab.select.anycommand import AnyCommand
from bench.lab.select.manifest import Manifest
from bench.lab.select.real_programs import RealProgram, named
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant, preloading
from gen.classes import build_model
from gen.fit import command, fitting
from gen.profiles import DEFAULT, load_profile
from gen.record import reader
from gen.record.recording import RecordingError

LOADS = named("python3", "perl", "sqlite3", "git", "cc1plus", "clang++", "jq", "node", "redis", "gawk")
RECORDED = (0, 1)  # inputs that are fitted to
HELD_OUT = 2
CLASSES = 48


@dataclass(frozen=True)
class Waste:
    """Rounding, in percent of the live heap at its peak."""

    default: float
    fitted: float
    default_avoidable: float  # the part beyond 16-byte alignment, which other classes could save
    fitted_avoidable: float


@dataclass(frozen=True)
class FittedProgram:
    """One program: its profile, and the row that measures it with the input held out."""

    load: RealProgram
    profile: str
    path: Path
    classes: int
    seen: Waste  # mean over the inputs fitted to
    held_out: Waste
    row: AnyCommand


@dataclass(frozen=True)
class FittedVariant(Variant):
    """One variant over all rows: each row's own fitted profile."""

    of_row: dict[str, Path] = field(default_factory=dict)  # the row's key -> library

    def preloaded(self, row: Row, _link: int | None = None) -> Path:
        return self.of_row[row.key]


def prepare(loads: list[RealProgram], folder: Path,
            console: Console) -> tuple[list[FittedProgram], list[str]]:
    """Records and fits each program; also why others are left out.  Raises ToolError for a program
    that fails."""
    profiles = folder / "profiles"
    shutil.copytree(paths.PROFILES, profiles)
    programs, left_out = [], []
    for load in loads:
        if load.missing:
            left_out.append(f"{load.name}: {', '.join(load.missing)} not installed")
            console.print(f"left out: {left_out[-1]}", markup=False)
            continue
        programs.append(_fit(load, folder, profiles))
        one = programs[-1]
        console.print(f"fitted: {load.name}: {one.classes} classes, rounding "
                      f"{one.seen.default:.2f} to {one.seen.fitted:.2f} %, held out "
                      f"{one.held_out.default:.2f} to {one.held_out.fitted:.2f} %", markup=False)
    return programs, left_out


def _fit(load: RealProgram, folder: Path, profiles: Path) -> FittedProgram:
    name = f"fit-{load.name.replace('+', 'x')}"
    try:
        files = {which: record(load, which, folder) for which in (*RECORDED, HELD_OUT)}
        result = command.fit([files[which] for which in RECORDED], name, profiles, CLASSES, False)
        held_out = reader.load(files[HELD_OUT])
    except (NotRecorded, RecordingError) as error:
        raise ToolError(f"{load.name}: {error}") from error
    default = build_model(load_profile(profiles / f"{DEFAULT}.yaml", profiles))
    return FittedProgram(
        load, name, result.path, result.model.nclasses,
        _waste(default, result.model, result.recordings), _waste(default, result.model, [held_out]),
        AnyCommand(anycommand.PROGRAM, tuple(words(load, HELD_OUT, folder)), 1,
                   f"{load.name}: {load.about}; input held out"),
    )


def _waste(default, model, recordings) -> Waste:
    return Waste(*(sum(percent(one, each) for each in recordings) / len(recordings)
                   for percent in (fitting.rounding_percent, fitting.avoidable_percent)
                   for one in (default, model)))


def variants(manifest: Manifest, built: Manifest, programs: list[FittedProgram]) -> list[Variant]:
    """The fitted profiles as one variant, the default, system and the peers."""
    libraries = {one.profile: one.library for one in built.variants}
    fitted = FittedVariant(
        "fitted", "profile", "shared", {},
        of_row={program.row.key: libraries[program.profile] for program in programs},
    )
    others = [preloading(one) for one in manifest.variants if one.is_default or one.is_peer]
    return [fitted, *others]
