"""Whether each replay made the recorded calls, with the recorded peak."""

from dataclasses import dataclass

from bench.lab.replay.plan import Plan
from bench.lab.replay.recorded import NEAR
from bench.lab.run.runs import Runs
from bench.lab.show import csv_file

_COLUMNS = ("variant", "rep", "calls", "live_peak", "recorded_calls", "recorded_peak")


@dataclass(frozen=True)
class Agreement:
    """One run of a plan.  Bytes are those asked for."""

    variant: str
    rep: int
    calls: int
    live_peak: int

    def holds(self, made: Plan) -> bool:
        """Whether every call was made, and the peak is that of the recording: exactly with one
        thread, nearly with several."""
        slack = NEAR * made.peak if made.threads > 1 else 0
        return self.calls == made.calls and abs(self.live_peak - made.peak) <= slack


def find(runs: Runs) -> list[Agreement]:
    """One for each run with numbers."""
    return [Agreement(variant.name, rep, int(run.ops), int(run.live_peak))
            for one in runs.rows for variant in runs.variants
            for rep, run in sorted(runs.of(one, variant.name).items())]


def csv(found: list[Agreement], made: Plan) -> str:
    """replay.csv: a line for each run."""
    return csv_file.text(_COLUMNS, ([one.variant, one.rep, one.calls, one.live_peak, made.calls,
                                     made.peak] for one in found))


def lines(found: list[Agreement], made: Plan, unlike: list[str], failed: bool) -> list[str]:
    """Sentences about all runs.  `unlike` comes from recorded.differs; `failed` tells whether some
    runs did not get to their end."""
    wrong = [one for one in found if not one.holds(made)]
    text = [f"recorded: {made.calls} calls on {made.threads} threads, at most {made.peak} "
            f"bytes, {made.left} blocks never freed"]
    text += [f"{one.variant}, round {one.rep}: {one.calls} calls, at most {one.live_peak} bytes: "
             "not what was recorded" for one in wrong]
    text += [f"the trace is not what was recorded: {line}" for line in unlike]
    if found and not wrong and not unlike:
        text.append(f"all {len(found)} replays that ended agree with it" if failed
                    else f"all {len(found)} replays agree with it")
    return text
