"""The folder of one measurement: results.csv, raw/, run.json."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.run.runs import LATENCIES, Run
from bench.lab.run.schedule import Job

COLUMNS = (
    "benchmark", "variant", "parameters", "ops_per_s", "rep", "status", "ops", "seconds",
    "peak_rss_kib", "rss_kib", "minor_faults", "user_s", "sys_s",
    *LATENCIES, "layout", "raw",
)
_OF_ANY = ("results.csv", "run.json")  # one of these is in every folder with results


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.6f}"


class Files:
    """A folder for the files of one command."""

    def __init__(self, path: Path, first: str, raw: bool = True):
        """Makes the folder, raw/ in it unless there is no raw output, and the file `first`.

        Raises UsageError if the folder cannot be made or written, or has results already.
        """
        self.path = path
        try:
            if any((path / name).exists() for name in (first, *_OF_ANY)):
                raise UsageError(f"--out: {path}: holds results already; name another folder")
            (path / "raw" if raw else path).mkdir(parents=True, exist_ok=True)
            self.begin(path / first)
        except OSError as error:
            raise UsageError(f"--out: {path}: {error.strerror}; name a folder that can be made "
                             "and written") from error

    def begin(self, first: Path) -> None:
        """Makes the first file."""
        first.touch()

    def write(self, name: str, text: str) -> None:
        """One more file of the folder."""
        (self.path / name).write_text(text, encoding="utf-8", errors="backslashreplace")

    def write_json(self, name: str, data: dict) -> None:
        """The same, as JSON."""
        self.write(name, json.dumps(data, indent=2, sort_keys=True) + "\n")


class Folder(Files):
    """Writes results as they come, so that what is finished is never lost."""

    def __init__(self, path: Path):
        """Raises UsageError if the folder cannot be made or written."""
        super().__init__(path, "results.csv")

    def begin(self, first: Path) -> None:
        """The head of results.csv."""
        self._file = open(first, "w", newline="", encoding="utf-8", errors="backslashreplace")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._write(COLUMNS)

    def raw(self, job: Job) -> Path:
        """The file for the output of the job's run."""
        return self.path / "raw" / f"{job.row.key}-{job.variant.name}-{job.rep}.out"

    def sanity(self, program: str, variant: str) -> Path:
        """The file for the output of a sanity run."""
        return self.path / "raw" / f"sanity-{program}-{variant}.out"

    def add(self, job: Job, run: Run) -> None:
        """One line of results.csv; a run without numbers leaves them empty."""
        numbers = {key: _number(value) if run.ok else "" for key, value in asdict(run).items()
                   if key != "status"}
        numbers["layout"] = "" if run.layout < 0 else run.layout
        raw = self.raw(job).relative_to(self.path)
        cells = {
            **numbers, "benchmark": job.row.program, "variant": job.variant.name,
            "parameters": job.row.params, "rep": job.rep, "status": run.status, "raw": raw,
        }
        self._write([cells[name] for name in COLUMNS])

    def _write(self, cells) -> None:
        self._csv.writerow(cells)
        self._file.flush()
