"""An earlier measurement, read back from its folder."""

import csv
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.run.runs import Run

_NEEDED = ("benchmark", "variant", "parameters", "rep", "status", "ops_per_s", "peak_rss_kib")
_NUMBERS = tuple(field.name for field in fields(Run) if field.name not in ("status", "layout"))
_MACHINE = ("cpu", "cores", "memory_mib", "kernel", "libc", "governor", "transparent_huge_pages")


@dataclass(frozen=True)
class Earlier:
    """The runs with numbers of a folder of results, and its run.json."""

    folder: Path
    about: dict
    _runs: dict[tuple[str, str, str], dict[int, Run]]

    def runs(self, program: str, params: str, variant: str) -> dict[int, Run]:
        """By repetition; none for what was not measured."""
        return self._runs.get((program, params, variant), {})

    def other_machine(self, machine: dict) -> list[str]:
        """The differences between that machine and this one, as "kernel: 6.1 then, 6.18 now"."""
        then = self.about.get("machine", {})
        return [f"{name}: {then.get(name)} then, {machine.get(name)} now" for name in _MACHINE
                if then.get(name) != machine.get(name)]


def load(folder: Path) -> Earlier:
    """Reads results.csv and run.json; columns that were not written then are not known.

    Raises UsageError for a folder that does not hold results, or not in this form.
    """
    path = folder / "results.csv"
    if not path.is_file():
        there = "there is no such folder" if not folder.is_dir() else "holds no results.csv"
        raise UsageError(f"--baseline: {folder}: {there}; name a folder of results")
    try:
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        with open(path, newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(f"--baseline: {folder}: not readable ({error})") from error
    runs: dict[tuple[str, str, str], dict[int, Run]] = {}
    for number, line in enumerate(lines, start=2):
        lacking = [name for name in _NEEDED if line.get(name) is None]
        if lacking:
            raise UsageError(f"--baseline: {path}: line {number}: no {lacking[0]}; these are no "
                             "results of bench:matrix or bench:ab")
        if line["status"] != "ok":
            continue
        try:
            run = Run("ok", **{name: float(line.get(name) or 0) for name in _NUMBERS},
                      layout=int(line.get("layout") or -1))
            rep = int(line["rep"])
        except ValueError as error:
            raise UsageError(f"--baseline: {path}: line {number}: {error}") from error
        if not (math.isfinite(run.ops_per_s) and run.ops_per_s > 0):
            raise UsageError(f"--baseline: {path}: line {number}: ops_per_s is {run.ops_per_s:g}")
        key = (line["benchmark"], line["parameters"], line["variant"])
        runs.setdefault(key, {})[rep] = run
    if not runs:
        raise UsageError(f"--baseline: {path}: no run has numbers")
    return Earlier(folder, about, runs)
