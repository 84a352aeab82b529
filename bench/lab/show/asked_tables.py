"""What is asked of the default profile and whether it is met: the bars and the targets, as tables
and as CSV."""

from collections import Counter

from bench.lab.judge.bars import LOST, MET, MISSED, UNDECIDED, Bar
from bench.lab.judge.project_targets import Target
from bench.lab.show import csv_file
from bench.lab.show.numbers import interval
from bench.lab.show.table import Line, Table
from bench.lab.stats import families
from bench.lab.stats.estimate import FEW_RUNS, TOO_FEW

BARS_LEGEND = (
    "What is asked of the profile default.  speed: ratio to every peer, the nearest is shown; "
    "floor: to the reference floor.  memory: peak RSS, against the leanest or the fastest peer.  "
    "idle: the share of the peak that is resident at the end.  met and missed are each wrong by "
    "chance in at most one of twenty; undecided: these runs do not tell."
)
BAR_COLUMNS = ("benchmark", "parameters", "what", "asked", "measured", "low", "high", "against",
               "verdict")
_TARGET_HEADS = ("target", "asked", "measured", "verdict")
_DISPENSABLE = ("95 % interval", "against")


def bars(judged: list[Bar]) -> Table:
    """A line for each bar, asked and measured, then the number of those that are met."""
    looks = {MET: "", MISSED: "missed"}
    return Table(
        ("row", "what", "asked", "measured", "95 % interval", "against", "verdict"),
        [Line(_bar(bar), looks.get(bar.verdict, "too-few")) for bar in judged], "Bars", BARS_LEGEND,
        f"{bars_met(judged)}.", left=(0, 1, 5, 6), folds=(0,), dispensable=_DISPENSABLE)


def _bar(one: Bar) -> list[str]:
    if one.what in ("speed", "floor"):
        asked, measured = f">= {one.asked:.2f}", f"{one.measured:.3f}"
    elif one.what == "memory":
        asked, measured = f"<= {one.asked / 1024:.2f} MiB", f"{one.measured / 1024:.2f} MiB"
    else:
        asked, measured = f"<= {100 * one.asked:.0f} %", f"{100 * one.measured:.1f} %"
    against = f"{one.against} {one.beyond}".rstrip() if one.against else "its own peak"
    verdict = {MISSED: "MISSED", TOO_FEW: FEW_RUNS}.get(one.verdict, one.verdict)
    return [one.row.title, one.what, asked, measured, interval(one.interval), against, verdict]


def bars_met(judged: list[Bar]) -> str:
    """The closing sentence, without its full stop."""
    count = Counter(bar.verdict for bar in judged)
    if count[TOO_FEW] == len(judged):
        return f"No verdict on {len(judged)} bars: " \
               f"{families.too_few(max(bar.runs for bar in judged))}"
    others = [f"{count[word]} {text}" for word, text in (
        (MISSED, "missed"), (UNDECIDED, "undecided"), (TOO_FEW, f"with {TOO_FEW} runs to tell"),
        (LOST, "with failed runs")) if count[word]]
    return "; ".join([f"{count[MET]} of {len(judged)} bars met", *others])


def bars_csv(judged: list[Bar]) -> str:
    """bars.csv: a line for each bar.  Memory is in KiB; `low` and `high` are empty with too few
    runs for an interval, `against` where there is no other variant; `verdict` is met, missed, undecided, too few or lost
    runs."""
    return csv_file.text(BAR_COLUMNS, (
        [bar.row.program, bar.row.params, bar.what,
         *csv_file.numbers((bar.asked, bar.measured, *csv_file.ends(bar.interval)), 12),
         bar.against, bar.verdict] for bar in judged))


def targets(judged: list[Target]) -> Table:
    """A line for each target."""
    last = len(_TARGET_HEADS) - 1
    return Table(_TARGET_HEADS, [Line(_target(one), "missed" if one.met is False else "")
                                 for one in judged],
                 "Targets", left=(0, last), folds=(0, last - 1))


def _target(one: Target) -> list[str]:
    untold = FEW_RUNS if one.measured else "not measured"
    verdict = {True: "met", False: "MISSED", None: untold}[one.met]
    return [one.name, one.asked, one.measured, verdict]


def targets_csv(judged: list[Target]) -> str:
    """targets.csv: a line for each target, in words."""
    return csv_file.text(_TARGET_HEADS, map(_target, judged))
