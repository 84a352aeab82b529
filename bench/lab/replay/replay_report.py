"""The report of a replay: the variants in pairs, and whether each run is what was recorded."""

from dataclasses import dataclass

from bench.lab.judge.pairs import Pairs
from bench.lab.measure.pairs_report import PairsReport
from bench.lab.replay import agreement
from bench.lab.replay.agreement import Agreement
from bench.lab.replay.plan import Plan
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs


@dataclass(frozen=True)
class ReplayReport(PairsReport):
    """Of the runs of a plan."""

    plan: Plan
    agreements: list[Agreement]

    def write(self, folder: Folder, about: dict) -> None:
        """The files of all pairs, and replay.csv."""
        super().write(folder, about)
        folder.write("replay.csv", agreement.csv(self.agreements, self.plan))


def judge(found: Pairs, runs: Runs, plan: Plan) -> ReplayReport:
    """The report of these runs."""
    return ReplayReport(found, plan, agreement.find(runs))
