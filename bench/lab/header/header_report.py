"""The report of header_ab: the lookups in pairs, recorded programs, what rounding costs, the
document."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base import paths
from bench.lab.header import document, lookups, rounding
from bench.lab.header.peak import Peak, peak_of
from bench.lab.header.rounding import Mix
from bench.lab.header.rows import Group
from bench.lab.judge import pairs
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.run import recorded_program
from bench.lab.run.folder import Folder
from bench.lab.run.recorded_program import NotRecorded
from bench.lab.run.runs import Runs
from bench.lab.select.real_programs import named
from bench.lab.select.variant import Variant
from gen.record import reader
from gen.record.recording import RecordingError
from gen.screen import make_console

DOCUMENT = "header-classidx.md"
_NAMES = {"python3": "python3", "sqlite3": "sqlite3", "gcc": "cc1", "g++": "cc1plus",
          "clang++": "clang++", "git": "git", "perl": "perl", "bash": "bash", "awk": "gawk",
          "sort": "sort"}
PROGRAMS = dict(zip(_NAMES, named(*_NAMES.values())))  # what the page calls it -> the program


def _peaks() -> tuple[dict[str, Peak], dict[str, str]]:
    """What each program had in use at its peak, and why others are left out."""
    console = make_console()
    peaks, skipped = {}, {}
    with tempfile.TemporaryDirectory(prefix="hakmem-sizes-") as folder:
        for name, program in PROGRAMS.items():
            try:
                recorded = recorded_program.record(program, 0, Path(folder))
                peaks[name] = peak_of(reader.load(recorded))
                console.print(f"recorded: {name}", markup=False)
            except (NotRecorded, RecordingError) as error:
                skipped[name] = str(error)
                console.print(f"left out: {name}: {error}", markup=False)
    return peaks, skipped


def _mixes(peaks: dict[str, Peak]) -> list[Mix]:
    return [Mix(name, PROGRAMS[name].about, one.sizes, one.larger_bytes, one.bytes)
            for name, one in peaks.items()]


def _sizes_json(peaks: dict[str, Peak], skipped: dict[str, str]) -> dict:
    """sizes.json: bytes; `sizes` maps sizes to blocks in use, see Peak."""
    found = {name: {**vars(one), "sizes": {str(size): n for size, n in one.sizes.items()}}
             for name, one in peaks.items()}
    return {"programs": found, "left_out": skipped}


@dataclass(frozen=True)
class HeaderReport(PairsReport):
    """The lookups in pairs, and the document."""

    groups: tuple[Group, ...]
    lookups: dict[str, Variant]
    document: Path | None  # None: among the results
    quick: bool

    def write(self, folder: Folder, about: dict) -> None:
        """Also the recordings, the rounding that follows from them, and the document."""
        super().write(folder, about)
        if about["interrupted"]:
            return
        models = rounding.load_models(paths.PROFILES)
        peaks, skipped = _peaks()
        folder.write_json("sizes.json", _sizes_json(peaks, skipped))
        mixes = [rounding.rounding(mix, models) for mix in _mixes(peaks)]
        extremes = [rounding.rounding(mix, models) for mix in rounding.extremes()]
        folder.write("rounding.csv", rounding.csv(mixes + extremes))
        compared = lookups.against_map(self.found.cells.runs, self.groups, self.lookups)
        text = document.render(compared, mixes, extremes, skipped, models, about, self.quick)
        path = self.document or folder.path / DOCUMENT
        path.write_text(text, encoding="utf-8")
        make_console().print(f"document: {path}", markup=False, soft_wrap=True)


def judge(runs: Runs, groups: tuple[Group, ...], lookups: dict[str, Variant],
          document: Path | None, quick: bool) -> HeaderReport:
    """The report of these runs, in which the page map comes first."""
    return HeaderReport(pairs.judge(runs), groups, lookups, document, quick)
