"""The real programs of the study, each recorded, as the blocks that it had in use at its peak."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.lab.header.peak import Peak, peak_of
from bench.lab.header.rounding import Mix
from bench.lab.run import recorded_program
from bench.lab.run.recorded_program import NotRecorded
from bench.lab.select.real_programs import named
from gen.record import reader
from gen.record.recording import RecordingError

_NAMES = {"python3": "python3", "sqlite3": "sqlite3", "gcc": "cc1", "g++": "cc1plus",
          "clang++": "clang++", "git": "git", "perl": "perl", "bash": "bash", "awk": "gawk",
          "sort": "sort"}
PROGRAMS = dict(zip(_NAMES, named(*_NAMES.values())))  # what the page calls it -> the program


@dataclass(frozen=True)
class Recorded:
    """By the names of PROGRAMS: the peaks, and why other programs are left out."""

    peaks: dict[str, Peak]
    left_out: dict[str, str]

    @property
    def mixes(self) -> list[Mix]:
        """The blocks at the peaks, by size."""
        return [Mix(name, PROGRAMS[name].about, one.sizes, one.larger_bytes, one.bytes)
                for name, one in self.peaks.items()]

    @property
    def as_json(self) -> dict:
        """sizes.json: bytes; `sizes` maps sizes to blocks in use, see Peak."""
        found = {name: {**vars(one), "sizes": {str(size): n for size, n in one.sizes.items()}}
                 for name, one in self.peaks.items()}
        return {"programs": found, "left_out": self.left_out}


def record(console: Console) -> Recorded:
    """Runs each program once with the recorder, and says so on the console."""
    found = Recorded({}, {})
    with tempfile.TemporaryDirectory(prefix="hakmem-sizes-") as folder:
        for name, program in PROGRAMS.items():
            try:
                path = recorded_program.record(program, 0, Path(folder))
                found.peaks[name] = peak_of(reader.load(path))
                console.print(f"recorded: {name}", markup=False)
            except (NotRecorded, RecordingError) as error:
                found.left_out[name] = str(error)
                console.print(f"left out: {name}: {error}", markup=False)
    return found
