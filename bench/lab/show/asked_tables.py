"""What is asked of the default profile and whether it is met: the bars and the targets, as tables
and as CSV."""

from bench.lab.judge import stats
from bench.lab.judge.bars import Bar
from bench.lab.judge.project_targets import Target
from bench.lab.show import csv_file
from bench.lab.show.numbers import interval
from bench.lab.show.table import Line, Table

BARS_LEGEND = (
    "What is asked of the profile default.  speed: ratio to the fastest peer; floor: to the "
    "reference floor; both are missed if all of the 95 % interval is below what is asked.  memory: "
    "median peak RSS, against the leanest or the fastest peer.  idle: the share of the peak that "
    "is resident at the end."
)
BAR_COLUMNS = ("benchmark", "parameters", "what", "asked", "measured", "low", "high", "against",
               "met")
_TARGET_HEADS = ("target", "asked", "measured", "verdict")
_DISPENSABLE = ("95 % interval", "against")


def bars(judged: list[Bar]) -> Table:
    """A line for each bar, asked and measured, then the number of those that are met."""
    looks = {True: "", False: "missed", None: "too-few"}
    return Table(
        ("row", "what", "asked", "measured", "95 % interval", "against", "verdict"),
        [Line(_bar(bar), looks[bar.met]) for bar in judged], "Bars", BARS_LEGEND,
        f"{bars_met(judged)}.", left=(0, 1, 5, 6), folds=(0,), dispensable=_DISPENSABLE)


def _bar(one: Bar) -> list[str]:
    if one.what in ("speed", "floor"):
        asked, measured = f">= {one.asked:.2f}", f"{one.measured:.3f}"
    elif one.what == "memory":
        asked, measured = f"<= {one.asked / 1024:.2f} MiB", f"{one.measured / 1024:.2f} MiB"
    else:
        asked, measured = f"<= {100 * one.asked:.0f} %", f"{100 * one.measured:.1f} %"
    against = f"{one.against} {one.beyond}".rstrip() if one.against else "its own peak"
    verdict = {True: "met", False: "MISSED", None: stats.FEW_RUNS}[one.met]
    return [one.row.title, one.what, asked, measured, interval(one.interval), against, verdict]


def bars_met(judged: list[Bar]) -> str:
    """The closing sentence, without its full stop."""
    told = [bar for bar in judged if bar.met is not None]
    few = len(judged) - len(told)
    if not told:
        return f"No verdict on {few} bars: {stats.too_few(max(bar.runs for bar in judged))}"
    met = f"{sum(bar.met for bar in told)} of {len(told)} bars met"
    return f"{met}; {few} have {stats.TOO_FEW} runs to tell" if few else met


def bars_csv(judged: list[Bar]) -> str:
    """bars.csv: a line for each bar.  Memory is in KiB; `low` and `high` are empty with too few
    runs for an interval, `against` where there is no other variant; `met` is yes, no or too few."""
    met = {True: "yes", False: "no", None: stats.TOO_FEW}
    return csv_file.text(BAR_COLUMNS, (
        [bar.row.program, bar.row.params, bar.what,
         *csv_file.numbers((bar.asked, bar.measured, *csv_file.ends(bar.interval)), 12),
         bar.against, met[bar.met]] for bar in judged))


def targets(judged: list[Target]) -> Table:
    """A line for each target."""
    last = len(_TARGET_HEADS) - 1
    return Table(_TARGET_HEADS, [Line(_target(one), "missed" if one.met is False else "")
                                 for one in judged],
                 "Targets", left=(0, last), folds=(0, last - 1))


def _target(one: Target) -> list[str]:
    untold = stats.FEW_RUNS if one.measured else "not measured"
    verdict = {True: "met", False: "MISSED", None: untold}[one.met]
    return [one.name, one.asked, one.measured, verdict]


def targets_csv(judged: list[Target]) -> str:
    """targets.csv: a line for each target, in words."""
    return csv_file.text(_TARGET_HEADS, map(_target, judged))
