"""The measurements of a history: the folders of results below some folder, in the order of time."""

import datetime
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.history import circumstances, names
from bench.lab.history.circumstances import Place
from bench.lab.run import earlier
from bench.lab.run.earlier import Earlier


@dataclass(frozen=True, eq=False)
class Measurement:
    """One folder of results."""

    results: Earlier
    started: datetime.datetime

    @property
    def folder(self) -> Path:
        """That holds it."""
        return self.results.folder

    @property
    def about(self) -> dict:
        """Its run.json."""
        return self.results.about

    @cached_property
    def place(self) -> Place:
        """Where it was made."""
        return circumstances.place(self.about)

    @property
    def commit(self) -> str | None:
        """Of which commit, as circumstances has it."""
        return circumstances.commit(self.about)

    @property
    def name(self) -> str:
        """For people: the time, and the commit if it is known."""
        when = f"{self.started:%Y-%m-%d %H:%M}"
        return f"{when}, {self.commit}" if self.commit else when


@dataclass(frozen=True)
class Gathered:
    """The measurements, the earliest first, and a line for each folder that cannot be read."""

    measurements: list[Measurement]
    skipped: list[str]


def gather(roots: Sequence[Path]) -> Gathered:
    """All measurements in these folders and below.  Raises UsageError for what is no folder."""
    found: dict[tuple, Measurement] = {}
    skipped: list[str] = []
    for root in roots:
        if not root.is_dir():
            raise UsageError(f"{root}: there is no such folder; name folders of results, or "
                             "measure with bazel run //bench:matrix")
        for folder in _candidates(root, skipped):
            try:
                one = _read(folder)
            except UsageError as error:
                skipped.append(str(error))
                continue
            same = found.setdefault(_identity(one), one)
            if same.folder.resolve() != folder.resolve():
                skipped.append(f"{folder}: the same measurement as {same.folder}; one of the two "
                               "is enough")
    return Gathered(sorted(found.values(), key=lambda one: one.started), skipped)


def _candidates(root: Path, skipped: list[str]) -> Iterator[Path]:
    """Folders that hold results, or should.  What //bench:perf and others leave is none."""
    def fails(error: OSError) -> None:
        skipped.append(f"{error.filename}: {error.strerror}; make it readable, or name others")

    for path, folders, files in os.walk(root, onerror=fails):
        folder = Path(path)
        if "raw" in folders:
            folders.remove("raw")
        if "results.csv" in files or "run.json" in files:
            folders.clear()
            if "results.csv" in files or not _is_profile(folder):
                yield folder
        elif not files and not folders:
            yield folder
        folders.sort()


def _is_profile(folder: Path) -> bool:
    """Whether it is of //bench:perf."""
    try:
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(about, dict) and "tool" in about


def _read(folder: Path) -> Measurement:
    """Raises UsageError, which names the file and the line."""
    results = earlier.load(folder)
    for program, params, variant in results.measured:
        try:
            names.row(program, params)
        except ValueError as error:
            raise UsageError(f"{folder / 'results.csv'}: {program} {params}: {error}; parameters "
                             "are as a shell takes them") from error
    text = results.about.get("started")
    try:
        return Measurement(results, datetime.datetime.fromisoformat(text).astimezone())
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"{folder / 'run.json'}: started is {text!r}, not a time such as "
                         "2026-01-31T12:00:00+01:00") from error


def _identity(one: Measurement) -> tuple[datetime.datetime, str, str]:
    """What two copies of a measurement have in common."""
    return one.started, str(one.about.get("command")), str(one.about.get("seed"))
