"""The report of header_ab: the lookups in pairs, recorded programs, what rounding costs, the
document."""

from dataclasses import dataclass
from pathlib import Path

from bench.lab.base import paths
from bench.lab.base.screen import make_console
from bench.lab.header import compare, programs, record, report, rounding
from bench.lab.header.record import NotRecorded, Recording
from bench.lab.header.rounding import Mix
from bench.lab.header.rows import Group
from bench.lab.judge import pairs
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.select.variant import Variant

DOCUMENT = "header-classidx.md"


def _record(recorder: Path) -> tuple[dict[str, Recording], dict[str, str]]:
    """What each program asked for, and why others are left out."""
    console = make_console()
    recordings, skipped = {}, {}
    for program in programs.PROGRAMS:
        try:
            recordings[program.shown] = record.record(program, recorder)
            console.print(f"recorded: {program.shown}", markup=False)
        except NotRecorded as error:
            skipped[program.shown] = str(error)
            console.print(f"left out: {program.shown}: {error}", markup=False)
    return recordings, skipped


def _mixes(recordings: dict[str, Recording]) -> list[Mix]:
    loads = {program.shown: program.load for program in programs.PROGRAMS}
    return [Mix(name, loads[name], one.sizes, one.larger_bytes)
            for name, one in recordings.items()]


def _sizes_json(recordings: dict[str, Recording], skipped: dict[str, str]) -> dict:
    """sizes.json: bytes; `sizes` maps the size asked for to blocks in use."""
    found = {name: {**vars(one), "sizes": {str(size): n for size, n in one.sizes.items()}}
             for name, one in recordings.items()}
    return {"programs": found, "left_out": skipped}


@dataclass(frozen=True)
class HeaderReport(PairsReport):
    """The lookups in pairs, and the document."""

    groups: tuple[Group, ...]
    lookups: dict[str, Variant]
    recorder: Path  # the library that records sizes
    document: Path | None  # None: among the results
    quick: bool

    def write(self, folder: Folder, about: dict) -> None:
        """Also the recordings, the rounding that follows from them, and the document."""
        super().write(folder, about)
        if about["interrupted"]:
            return
        models = rounding.load_models(paths.PROFILES)
        recordings, skipped = _record(self.recorder)
        folder.write_json("sizes.json", _sizes_json(recordings, skipped))
        mixes = [rounding.rounding(mix, models) for mix in _mixes(recordings)]
        extremes = [rounding.rounding(mix, models) for mix in rounding.extremes()]
        folder.write("rounding.csv", rounding.as_csv(mixes + extremes))
        compared = compare.compare(self.found.cells.runs, self.groups, self.lookups)
        text = report.render(compared, mixes, extremes, skipped, models, about, self.quick)
        path = self.document or folder.path / DOCUMENT
        path.write_text(text, encoding="utf-8")
        make_console().print(f"document: {path}", markup=False, soft_wrap=True)


def judge(runs: Runs, groups: tuple[Group, ...], lookups: dict[str, Variant], recorder: Path,
          document: Path | None, quick: bool) -> HeaderReport:
    """The report of these runs, in which the page map comes first."""
    return HeaderReport(pairs.judge(runs), groups, lookups, recorder, document, quick)
