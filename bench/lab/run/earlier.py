"""An earlier measurement, read back from its folder."""

import csv
import json
import math
from dataclasses import dataclass, field, fields
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.run.runs import Run

_NEEDED = ("benchmark", "variant", "parameters", "rep", "status", "ops_per_s", "peak_rss_kib")
_NUMBERS = tuple(field.name for field in fields(Run) if field.name not in ("status", "layout"))
MACHINE = ("cpu", "cores", "memory_mib", "kernel", "libc", "governor", "transparent_huge_pages")

Key = tuple[str, str, str]  # program, parameters, variant


@dataclass(frozen=True)
class Earlier:
    """The runs of a folder of results, and its run.json."""

    folder: Path
    about: dict
    _runs: dict[Key, dict[int, Run]]
    _failed: dict[Key, dict[int, Run]] = field(default_factory=dict)

    @property
    def measured(self) -> list[Key]:
        """All that has runs, in the order in which it is in results.csv."""
        return list(self._runs)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Program and parameters of each row with numbers, in the same order."""
        return list(dict.fromkeys((program, params) for program, params, _ in self._runs))

    @property
    def variants(self) -> list[str]:
        """The names of those with runs, also if all of them failed."""
        return list(dict.fromkeys(name for *_, name in (*self._runs, *self._failed)))

    def runs(self, program: str, params: str, variant: str) -> dict[int, Run]:
        """By repetition; none for what was not measured."""
        return self._runs.get((program, params, variant), {})

    def failed(self, program: str, params: str, variant: str) -> dict[int, Run]:
        """The runs without numbers."""
        return self._failed.get((program, params, variant), {})

    def other_machine(self, machine: dict) -> list[str]:
        """The differences between that machine and this one, as "kernel: 6.1 then, 6.18 now"."""
        then = self.about.get("machine", {})
        return [f"{name}: {then.get(name)} then, {machine.get(name)} now" for name in MACHINE
                if then.get(name) != machine.get(name)]


def load(folder: Path) -> Earlier:
    """Reads results.csv and run.json; columns that were not written then are not known.

    Raises UsageError for a folder that does not hold results, or not in this form.
    """
    path = folder / "results.csv"
    if not path.is_file():
        there = "there is no such folder" if not folder.is_dir() else "holds no results.csv"
        raise UsageError(f"{folder}: {there}; name a folder of results")
    about = _about(folder / "run.json")
    runs: dict[Key, dict[int, Run]] = {}
    failed: dict[Key, dict[int, Run]] = {}
    for number, line in _lines(path):
        lacking = [name for name in _NEEDED if line.get(name) is None]
        if lacking:
            raise UsageError(f"{path}: line {number}: no {lacking[0]}; results of bench:matrix or "
                             f"bench:ab have {', '.join(_NEEDED)}")
        key = (line["benchmark"], line["parameters"], line["variant"])
        rep = int(_number(path, number, "rep", line["rep"]))
        if line["status"] != "ok":
            failed.setdefault(key, {})[rep] = Run(line["status"])
            continue
        numbers = {name: _number(path, number, name, line.get(name) or "0") for name in _NUMBERS}
        if numbers["ops_per_s"] == 0:
            raise UsageError(f"{path}: line {number}: ops_per_s is {line['ops_per_s']!r}, not a "
                             "number above 0")
        layout = int(_number(path, number, "layout", line["layout"])) if line.get("layout") else -1
        runs.setdefault(key, {})[rep] = Run("ok", **numbers, layout=layout)
    if not runs:
        raise UsageError(f"{path}: no run has numbers; a run that has some has the status ok")
    return Earlier(folder, about, runs, failed)


def load_option(option: str, folder: Path) -> Earlier:
    """The same, of a folder that an option names, which the message of UsageError begins with."""
    try:
        return load(folder)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error


def _about(path: Path) -> dict:
    """The content of run.json.  Raises UsageError."""
    right = "name a folder whose measurement came to its end"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; {right}") from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: line {error.lineno}: no JSON ({error.msg}); {right}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: no JSON ({error}); {right}") from error
    if not isinstance(found, dict) or not isinstance(found.get("machine", {}), dict):
        raise UsageError(f"{path}: no object with a machine in it; {right}")
    return found


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines of a CSV file behind its head, with their numbers.  Raises UsageError."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            try:
                return [(reader.line_num, line) for line in reader]
            except csv.Error as error:
                raise UsageError(f"{path}: line {reader.reader.line_num}: no CSV ({error}); name a "
                                 "folder of results") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a folder of results") from error
    except ValueError as error:
        raise UsageError(f"{path}: no text ({error}); name a folder of results") from error


def _number(path: Path, line: int, name: str, text: str) -> float:
    """Raises UsageError for a word that is no finite number from 0 up."""
    try:
        value = float(text)
        if 0 <= value < math.inf:
            return value
    except ValueError:
        pass
    raise UsageError(f"{path}: line {line}: {name} is {text!r}, not a number from 0 up")
