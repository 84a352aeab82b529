"""The programs of loads.py, recorded, each with a profile fitted to it, and the row that measures
it."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.lab.base import paths
from bench.lab.base.errors import ToolError
from bench.lab.fit.loads import HELD_OUT, RECORDED, Load
from bench.lab.select import anycommand
from bench.lab.select.anycommand import AnyCommand
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant, preloading
from gen.classes import build_model
from gen.fit import command, fitting
from gen.profiles import DEFAULT, load_profile
from gen.record import recording
from gen.record.recording import Recording, RecordingError

CLASSES = 48
TIMEOUT = 120.0  # seconds, of one command


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

    load: Load
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

    def preloaded(self, row: Row) -> Path:
        return self.of_row[row.key]


def prepare(loads: list[Load], folder: Path,
            console: Console) -> tuple[list[FittedProgram], list[str]]:
    """Records and fits each program; also why others are left out.  Raises ToolError for a program
    that fails."""
    profiles = folder / "profiles"
    shutil.copytree(paths.PROFILES, profiles)
    programs, left_out = [], []
    for load in loads:
        missing = [name for name in load.needs if not shutil.which(name)]
        if missing:
            left_out.append(f"{load.name}: {', '.join(missing)} not installed")
            console.print(f"left out: {left_out[-1]}", markup=False)
            continue
        programs.append(_fit(load, folder, profiles))
        one = programs[-1]
        console.print(f"fitted: {load.name}: {one.classes} classes, rounding "
                      f"{one.seen.default:.2f} to {one.seen.fitted:.2f} %, held out "
                      f"{one.held_out.default:.2f} to {one.held_out.fitted:.2f} %", markup=False)
    return programs, left_out


def _fit(load: Load, folder: Path, profiles: Path) -> FittedProgram:
    name = f"fit-{load.name.replace('+', 'x')}"
    files = {which: _record(load, which, folder) for which in (*RECORDED, HELD_OUT)}
    try:
        result = command.fit([files[which] for which in RECORDED], name, profiles, CLASSES, False)
        held_out = recording.load(files[HELD_OUT])
    except RecordingError as error:
        raise ToolError(f"{load.name}: {error}") from error
    default = build_model(load_profile(profiles / f"{DEFAULT}.yaml", profiles))
    words = _words(load, HELD_OUT, folder)
    return FittedProgram(
        load, name, result.path, result.model.nclasses,
        _waste(default, result.model, result.recordings), _waste(default, result.model, [held_out]),
        AnyCommand(anycommand.PROGRAM, tuple(words), 1,
                   f"{load.name}: {load.about}; input held out"),
    )


def _waste(default, model, recordings) -> Waste:
    return Waste(*(sum(percent(one, each) for each in recordings) / len(recordings)
                   for percent in (fitting.rounding_percent, fitting.avoidable_percent)
                   for one in (default, model)))


def _words(load: Load, which: int, folder: Path) -> list[str]:
    """The command, whose files are made the first time."""
    work = folder / "work" / f"{load.name}-{which}"
    if not work.exists():
        work.mkdir(parents=True)
        (work / "run.sh").write_text(f"cd {work}\n{load.prepare(work, which)}\n", encoding="utf-8")
    settings = [f"{name}={value}" for name, value in load.env.items()]
    return ["env", "LC_ALL=C", f"HOME={work}", "PYTHONHASHSEED=0", *settings, "sh",
            str(work / "run.sh")]


def _record(load: Load, which: int, folder: Path) -> Path:
    """The recording of the process in question that had most bytes in use."""
    words = _words(load, which, folder)
    _run(load, words, {})  # files that only the first run makes
    into = folder / "recordings" / f"{load.name}-{which}"
    into.mkdir(parents=True)
    _run(load, words, {"LD_PRELOAD": str(paths.RECORDER), "HAKMEM_RECORD": f"{into}/%p"})
    found: list[tuple[int, Path]] = []
    for path in sorted(into.iterdir()):
        try:
            one: Recording = recording.load(path)
        except RecordingError:
            continue
        if load.process in one.program.split("\0")[0] or load.process in one.program.split():
            found.append((one.peak_live_bytes, path))
    if not found:
        raise ToolError(f"{load.name}: no process called {load.process} was recorded")
    peak = max(found)[1]
    named = folder / f"{load.name}-{which}.rec"
    peak.rename(named)
    return named


def _run(load: Load, words: list[str], further: dict[str, str]) -> None:
    done = subprocess.run(words, env={**os.environ, **further}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          errors="replace", timeout=TIMEOUT, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ToolError(": ".join([load.name, f"exit status {done.returncode}", *said[-1:]]))


def variants(manifest: Manifest, built: Manifest, programs: list[FittedProgram]) -> list[Variant]:
    """The fitted profiles as one variant, the default, system and the peers."""
    libraries = {one.profile: one.library for one in built.variants}
    fitted = FittedVariant(
        "fitted", "profile", "shared", {},
        of_row={program.row.key: libraries[program.profile] for program in programs},
    )
    others = [preloading(one) for one in manifest.variants if one.is_default or one.is_peer]
    return [fitted, *others]
