"""The report of header_ab: the lookups in pairs, what rounding costs real programs, the document."""

from dataclasses import dataclass
from pathlib import Path

from bench.lab.header import document, lookups, rounding
from bench.lab.header.lookups import LookupRow
from bench.lab.header.recorded import Recorded
from bench.lab.header.rounding import Rounding
from bench.lab.header.rows import Group
from bench.lab.judge.pairs import Pairs
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.select.variant import Variant
from gen.model import Model
from gen.screen import make_console

DOCUMENT = "header-classidx.md"


@dataclass(frozen=True)
class HeaderReport(PairsReport):
    """The lookups in pairs, and what the document is made of."""

    rows: list[LookupRow]
    recorded: Recorded
    programs: list[Rounding]
    extremes: list[Rounding]
    models: dict[str, Model]
    document: Path | None  # None: among the results
    quick: bool

    def write(self, folder: Folder, about: dict) -> None:
        """Also the recordings, the rounding that follows from them, and the document."""
        super().write(folder, about)
        if about["interrupted"]:
            return
        folder.write_json("sizes.json", self.recorded.as_json)
        folder.write("rounding.csv", rounding.csv(self.programs + self.extremes))
        text = document.render(self.rows, self.programs, self.extremes, self.recorded.left_out,
                               self.models, about, self.quick)
        path = self.document or folder.path / DOCUMENT
        path.write_text(text, encoding="utf-8")
        make_console().print(f"document: {path}", markup=False, soft_wrap=True)


def judge(found: Pairs, runs: Runs, groups: tuple[Group, ...], variants: dict[str, Variant], recorded: Recorded,
          models: dict[str, Model], path: Path | None, quick: bool) -> HeaderReport:
    """The report of these runs, in which the page map comes first.  `variants` and `models` are by
    class lookup; `path` is where the document goes, None: among the results."""
    return HeaderReport(
        found, lookups.against_map(found, runs, groups, variants), recorded,
        [rounding.rounding(mix, models) for mix in recorded.mixes],
        [rounding.rounding(mix, models) for mix in rounding.extremes()], models, path, quick)
