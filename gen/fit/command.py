"""fit: a profile from recordings of a program; see --help and docs/fit.md."""

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from statistics import fmean
from typing import Any, Sequence

from gen import command, screen
from gen.check import TableError, prove
from gen.classes import build_model
from gen.fit import fitting, report, write
from gen.fit.fitting import Fitted
from gen.fit.habits import LEAST_LIVE
from gen.fit.report import Result, points
from gen.limits import MAX_CLASSES, QUANTUM
from gen.model import Model, Profile
from gen.profiles import DEFAULT, known_profiles, load_profile, name_taken, ProfileError
from gen.record import reader
from gen.record.recording import GRANULES, Recording, RecordingError

CLASSES = 48
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class WrongUse(Exception):
    """The command was called wrongly; the message says what would be right."""


def load_recordings(paths: Sequence[Path]) -> list[Recording]:
    """The recording of each file.  Raises RecordingError for one with too little to fit to."""
    found = reader.load_all(paths)
    for path, one in zip(paths, found):
        blocks = sum(part.peak_blocks for part in one.sizes if part.peak_bytes)
        if not one.total_allocs:
            raise RecordingError(f"{path}: records no allocation; record a run that allocates")
        if blocks < LEAST_LIVE:
            raise RecordingError(
                f"{path}: {blocks} blocks of 1 byte to {GRANULES * QUANTUM // 1024} KiB live at "
                f"the peak are too few to fit to; record a longer run, with at least {LEAST_LIVE}"
            )
    return found


def target(name: str, profiles_dir: Path, force: bool) -> Path:
    """The path of the profile called `name`.  Raises WrongUse for a name that it cannot have."""
    if not NAME.fullmatch(name):
        raise WrongUse(f"--name: {name!r} is no profile's name: made of a-z, 0-9, - and _, at "
                       "most 64 of them, the first a letter or digit")
    path = profiles_dir / f"{name}.yaml"
    why = name_taken(name, known_profiles(profiles_dir))
    if why:
        raise WrongUse(f"--name: {name}: {why}")
    if name == DEFAULT:
        raise WrongUse(f"--name: {path} is the base of all profiles; choose another name")
    if path.exists() and not force:
        raise WrongUse(
            f"--name: {path} is there already; choose another name, or overwrite it with --force"
        )
    if not profiles_dir.is_dir():
        raise WrongUse(f"--profiles-dir: {profiles_dir}: no such folder")
    return path


# ---- writing -------------------------------------------------------------------------------------


def head_of(fitted: Fitted, files: Sequence[str]) -> list[str]:
    """The paragraphs of the comment at the head of the profile's file."""
    lines = [f"Fitted by bazel run //gen:fit to {', '.join(files)}; docs/fit.md says how."]
    if fitted.held_out:
        gain = fmean(one.gain for one in fitted.held_out)
        lines.append(
            f"Each recording held out in turn: {points(gain)} of rounding waste against the "
            "default on average."
        )
    else:
        lines.append("One recording: nothing says what the fit gains on other inputs.")
    return lines


def write_profile(text: str, path: Path, profiles_dir: Path) -> Model:
    """Writes the file and returns its model.  The text is loaded, built and proved before it
    replaces an older file.  Raises ProfileError, TableError, OSError."""
    with tempfile.TemporaryDirectory(prefix=".fit-", dir=profiles_dir) as folder:
        fresh = Path(folder) / path.name
        fresh.write_text(text, encoding="utf-8")
        prove(build_model(load_profile(fresh, profiles_dir)))
        os.replace(fresh, path)
    return build_model(load_profile(path, profiles_dir))


def fit(paths: Sequence[Path], name: str, profiles_dir: Path, most: int, force: bool) -> Result:
    """Fits, writes and returns the result.  Raises WrongUse, RecordingError, ProfileError,
    TableError, OSError."""
    path = target(name, profiles_dir, force)
    base = load_profile(profiles_dir / f"{DEFAULT}.yaml", profiles_dir)
    recordings = load_recordings(paths)
    files = tuple(one.name.encode(errors="backslashreplace").decode() for one in paths)
    fitted = fitting.fit(recordings, base, most)
    text = write.profile_text(
        write.summary_of([one.program for one in recordings]), head_of(fitted, files),
        fitted.choices, _stated(base),
    )
    model = write_profile(text, path, profiles_dir)
    return Result(fitted, build_model(base), model, path, tuple(recordings), files)


def _stated(base: Profile) -> dict[str, dict[str, Any]]:
    """The base's keys without the second name of the class lookup."""
    keys = {section: dict(values) for section, values in base.keys.items()}
    del keys["front"]["header_classidx"]
    return keys


# ---- the command ---------------------------------------------------------------------------------


def main(args: list[str]) -> int:
    """Returns 0, 2 for wrong use or a wrong recording or profile, or 1 if the generator is wrong or
    a file cannot be written.  With 2 no file was written."""
    options = _parser().parse_args(args)
    paths = [command.from_caller(path) for path in options.recordings]
    out = command.from_caller(options.json) if options.json else None
    profiles_dir = command.profiles_dir(options.profiles_dir)
    try:
        if out and any(out.exists() and path.exists() and out.samefile(path) for path in paths):
            raise WrongUse(f"--json: {out}: is one of the recordings; name another file")
        result = fit(paths, options.name, profiles_dir, options.max_classes, options.force)
        if out:
            out.write_text(json.dumps(report.as_json(result), indent=2) + "\n", encoding="utf-8")
    except (WrongUse, RecordingError, ProfileError) as error:
        print(f"fit: {error}", file=sys.stderr)
        return 2
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"fit: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    report.show(result, screen.make_console(columns=screen.TEXT))
    return 0


def _classes(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MAX_CLASSES:
        raise ValueError
    return value


_classes.__name__ = f"number of classes from 1 to {MAX_CLASSES}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fit",
        description="Fits a profile to recordings of a program and writes profiles/NAME.yaml.",
        epilog="""\
examples:
  bazel run //gen:fit -- app.rec --name app
  bazel run //gen:fit -- monday.rec tuesday.rec --name app --force
Record several inputs: each recording is held out in turn, and a fit that is no good for it is
refused.""",
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )
    parser.add_argument("recordings", metavar="RECORDING", type=Path, nargs="+",
                        help="a file of bazel run //gen:record")
    parser.add_argument("--name", required=True, help="name of the new profile")
    parser.add_argument("--max-classes", type=_classes, default=CLASSES, metavar="N",
                        help="the most size classes; default %(default)s")
    parser.add_argument("--force", action="store_true", help="overwrites a profile of that name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the report as JSON")
    parser.add_argument("--profiles-dir", type=Path, metavar="DIR",
                        help="where the profile goes; default: profiles/ of the workspace")
    return parser


if __name__ == "__main__":
    command.run("fit", main)
