"""Comparisons of B with A as sentences."""

import math

from bench.lab.judge import scale
from bench.lab.judge.compare import LOST, NOT_KNOWN, Comparison
from bench.lab.judge.measures import PEAK
from bench.lab.judge.pairs import Outcome
from bench.lab.judge.tally import Tally
from bench.lab.show.numbers import percent, signed
from bench.lab.stats import families
from bench.lab.stats.estimate import FAMILY, LEVEL, TOO_FEW

LEGEND = (
    f"B / A is the middle of all pairs of runs, B over A (B less A where one is 0), its "
    f"{100 * LEVEL:.0f} % interval that of the layouts that they were drawn from.  "
    f"better and worse: surely different; same: surely no more apart than asked for; {NOT_KNOWN}: "
    "neither, more rounds would tell.  Verdicts on speed or time and on peak RSS are one family, "
    f"those on all other measures another: in at most {100 * FAMILY:g} of 100 reports is one of a "
    "family wrong by chance.  All other measures are explored: they say where to look."
)


def _share(one: Comparison, value: float) -> str:
    """A value of the effect as a share of A, or as a number where A is 0."""
    inner = math.log(value) if one.scale is scale.RATIO and value > 0 else value - one.scale.neutral
    share = one.scale.share(inner, one.a)
    return percent(share) if math.isfinite(share) else signed(value).lstrip("+-")


def _way(one: Comparison, value: float) -> str:
    """As "1.2 % faster"."""
    better = (value > one.scale.neutral) == one.measure.more_is_better
    return f"{_share(one, value)} {one.measure.better if better else one.measure.worse}"


def effect(one: Comparison, b: str) -> str:
    """The effect in plain words: "B faster by 3.1 %, 2.4 to 3.9"; `b` may be empty."""
    if one.verdict == LOST:
        return f"{one.lost} runs failed: no verdict"
    if one.verdict == TOO_FEW:
        return families.too_few(one.layouts, families.least_rounds(one.tests, FAMILY * one.part))
    if one.verdict == "same":
        return f"same within {percent(min(one.at_most, one.question.same_within))}"
    if one.verdict == NOT_KNOWN:
        return _unknown(one)
    name = one.measure.better if one.is_better else one.measure.worse
    near, far = sorted((one.effect.low, one.effect.high),
                       key=lambda value: abs(value - one.scale.neutral))
    text = f"{b} {name} by {_share(one, one.effect.value)}, {_share(one, near)} to " \
           f"{_share(one, far)}".strip()
    return text + (f"; surely by {percent(one.at_least)}" if 0 < one.at_least < math.inf else "")


def _unknown(one: Comparison) -> str:
    text = f"{_way(one, one.effect.low)} to {_way(one, one.effect.high)}"
    needed = one.needed
    return text + (f"; about {needed} {one.unit} would tell" if needed else "")


def verdicts(outcomes: list[Outcome]) -> list[str]:
    """A sentence for each outcome; one for all of several that are the same as A."""
    silent = [outcome.b.name for outcome in outcomes if outcome.same]
    if len(silent) < 2:
        return [_verdict(outcome) for outcome in outcomes]
    return [_verdict(outcome) for outcome in outcomes if outcome.b.name not in silent] + [
        f"The same as {outcomes[0].a.name} in speed and memory: {', '.join(silent)}."]


def _verdict(outcome: Outcome) -> str:
    """One sentence for speed or time, and for memory."""
    a, b = outcome.a.name, outcome.b.name
    if outcome.lead is None:
        return f"No row has numbers for both {a} and {b}."
    found = {one.measure: one for one in outcome.tallies}
    text = f"{b} against {a}, {outcome.lead.name}: {_total(found[outcome.lead])}"
    return text + (f"; memory: {_total(found[PEAK])}." if PEAK in found else ".")


def _total(one: Tally) -> str:
    """Of all rows of a measure."""
    rows = sum(one.count.values())
    words = {"better": one.measure.better, "worse": one.measure.worse, "same": "the same"}
    parts = [f"{words.get(verdict, verdict)} in {one.count[verdict]}"
             for verdict in ("better", "worse", "same", NOT_KNOWN, TOO_FEW, LOST)
             if one.count[verdict]]
    text = f"{', '.join(parts)} of {rows} rows"
    if (one.count["better"] or one.count["worse"]) and one.mean is not None:
        name = one.measure.better if (one.mean > 1) == one.measure.more_is_better \
            else one.measure.worse
        text += f", {name} by {percent(one.mean - 1)} on average"
    return text
