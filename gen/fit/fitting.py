"""Fits a profile to recordings: classes, slabs, class lookup, and the keys of choose.py.

Each recording is held out in turn, to see whether the fit holds for other inputs.  If it does not,
the prior is made stronger until it does.  If no prior is strong enough, the default's classes stay.
"""

from dataclasses import dataclass, replace
from statistics import fmean
from typing import Iterable, Sequence

from gen.classes import build_model
from gen.fit import choose
from gen.fit.choose import Choice
from gen.fit.habits import habits_of
from gen.fit.reasons import why_sizes
from gen.fit.table import LARGEST, Table, Terms, best_table
from gen.model import Keys, Model, Profile
from gen.predict import demand
from gen.predict.demand import Demand
from gen.predict.rounding import rounding
from gen.profiles import settle
from gen.record.recording import Recording

STRENGTHS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)  # prior's bytes / recorded ones
ALONE = 1 / 8  # the least strength with one recording, where none can be held out
MOST_WORSE = 0.75  # percentage points that a held-out recording may lose against the default
KEPT_GAIN = 0.5  # of the others' gain: the least that recordings held out must gain
LITTLE = 0.25  # percentage points: the others gain too little to compare with
FREE = 0.05  # percent of the blocks' bytes: a header that takes less is free
TAIL_GAIN = 0.25  # percent of the live bytes that a smaller slab.tail_percent must save


@dataclass(frozen=True)
class HeldOut:
    """The rounding of one recording with the default's classes and with classes fitted to the
    others, in percent of the bytes given."""

    recording: int  # its number, from 0
    default: float
    fitted: float
    training_gain: float  # percentage points, mean over the others

    @property
    def gain(self) -> float:
        return self.default - self.fitted


@dataclass(frozen=True)
class Fitted:
    """The keys that were chosen, and whether they hold for other inputs."""

    choices: tuple[Choice, ...]  # classes first
    held_out: tuple[HeldOut, ...]  # empty with one recording
    strength: float  # of the prior
    refused: tuple[str, ...]  # a line for each weaker prior: why it was not taken
    fallback: bool  # no prior held, so the classes are the default's


# ---- what holds ----------------------------------------------------------------------------------


def model_of(base: Profile, choices: Iterable[Choice], name: str = "fitted") -> Model:
    """The model of the base with these choices.  Raises ProfileError if they contradict each
    other."""
    keys: Keys = {section: dict(values) for section, values in base.keys.items()}
    for one in choices:
        keys[one.section][one.key] = list(one.value) if one.key == "sizes" else one.value
    settle(keys)
    return build_model(replace(base, name=name, keys=keys))


def _with_sizes(base: Profile, table: Table) -> Model:
    lookup = "header" if table.header_bytes else "map"
    return model_of(base, [
        Choice("classes", "sizes", table.sizes, ""),
        Choice("front", "class_lookup", lookup, ""),
        Choice("slab", "tail_percent", table.tail_percent, ""),
    ])


def rounding_percent(model: Model, recording: Recording) -> float:
    """Percent of the bytes given, at the peak, that were not asked for."""
    return rounding(model, demand.at_peak(recording)).percent


def avoidable_percent(model: Model, recording: Recording) -> float:
    """The part of rounding_percent that other classes could save: without rounding to
    alignments."""
    return rounding(model, demand.at_peak(recording)).avoidable_percent


def leave_one_out(
    recordings: Sequence[Recording], base: Profile, strength: float, terms: Terms
) -> list[HeldOut]:
    """For each of at least two recordings, its rounding with classes fitted to the others."""
    default = build_model(base)
    found = []
    for number, one in enumerate(recordings):
        others = [*recordings[:number], *recordings[number + 1 :]]
        model = _with_sizes(base, best_table(*demands_of(others), strength, terms, 0))
        gains = [rounding_percent(default, other) - rounding_percent(model, other)
                 for other in others]
        found.append(HeldOut(
            number, rounding_percent(default, one), rounding_percent(model, one),
            fmean(gains),
        ))
    return found


def problem_of(held_out: Sequence[HeldOut]) -> str | None:
    """Why the fit does not hold for other inputs; None if it holds."""
    worst = min(held_out, key=lambda one: one.gain)
    if -worst.gain > MOST_WORSE:
        return (
            f"recording {worst.recording + 1}, held out, has {worst.fitted:.2f} % of rounding, "
            f"{-worst.gain:.2f} points more than with the default"
        )
    gain = fmean(one.gain for one in held_out)
    trained = fmean(one.training_gain for one in held_out)
    if trained > LITTLE and gain < KEPT_GAIN * trained:
        return (
            f"recordings held out gain {gain:.2f} points, those fitted to {trained:.2f}: less than "
            "half of it"
        )
    return None


# ---- the whole -----------------------------------------------------------------------------------


def fit(recordings: Sequence[Recording], base: Profile, most: int) -> Fitted:
    """Fits to at least one recording with live blocks, with at most `most` classes."""
    keys = base.keys
    threads = max(max(one.threads, 1) for one in recordings)
    prefer_large = habits_of(recordings).uses_buffers
    others = choose.choose(recordings, keys, LARGEST[1])
    front = {**keys["front"], **{one.key: one.value for one in others if one.section == "front"}}
    terms = Terms(most, front, keys["slab"], threads, prefer_large)
    strengths = [one for one in STRENGTHS if len(recordings) > 1 or one >= ALONE]
    refused: list[str] = []
    held_out: list[HeldOut] = []
    for strength in strengths:
        held_out = leave_one_out(recordings, base, strength, terms) if len(recordings) > 1 else []
        problem = problem_of(held_out) if held_out else None
        if problem is None:
            break
        refused.append(f"prior of {strength:g} times the recorded bytes: {problem}")
    fallback = len(refused) == len(strengths)
    choices = [] if fallback else _tables(recordings, base, strength, terms)
    largest = choices[0].value[-1] if choices else keys["classes"]["max"]
    return Fitted(
        choices=tuple(choices + choose.choose(recordings, keys, largest)),
        held_out=tuple(held_out), strength=strength, refused=tuple(refused), fallback=fallback,
    )


def demands_of(recordings: Sequence[Recording]) -> tuple[Demand, Demand]:
    """The mean demand of the live heaps at their peaks, and that of all allocations."""
    return (
        demand.mean([demand.at_peak(one) for one in recordings]),
        demand.mean([demand.of_calls(one) for one in recordings]),
    )


def _tables(
    recordings: Sequence[Recording], base: Profile, strength: float, terms: Terms
) -> list[Choice]:
    """The choices of classes.sizes, slab.tail_percent and front.class_lookup, in this order."""
    seen, calls = demands_of(recordings)
    table = best_table(seen, calls, strength, terms, 0)
    tail_reason = f"a smaller one would save less than {TAIL_GAIN} % of the live heap"
    for smaller in range(terms.slab["tail_percent"] - 1, 0, -1):
        tried_terms = replace(terms, slab={**terms.slab, "tail_percent": smaller})
        tried = best_table(seen, calls, strength, tried_terms, 0)
        saved = 100 * (table.cost - tried.cost) / seen.total_bytes
        if saved >= TAIL_GAIN:
            table, terms = tried, tried_terms
            tail_reason = f"slab tails then take {saved:.1f} % of the live heap less"
    header = best_table(seen, calls, strength, terms, 1)
    models = [_with_sizes(base, one) for one in (table, header)]
    lookup = _lookup(*models, seen, recordings)
    if lookup.value == "header":
        table = header
    return [
        Choice("classes", "sizes", table.sizes, why_sizes(table, seen, strength, recordings)),
        Choice("slab", "tail_percent", table.tail_percent, tail_reason),
        lookup,
    ]


def _lookup(
    plain: Model, header: Model, seen: Demand, recordings: Sequence[Recording]
) -> Choice:
    """The choice of the class lookup: the map, unless the header byte costs the recorded blocks
    nothing."""
    given = [rounding(model, seen).given for model in (plain, header)]
    taken = 100 * (given[1] / given[0] - 1)
    aligned = sum(sum(one.alignments.values()) for one in recordings)
    if taken < FREE and not aligned:
        reason = "the byte before each block takes nothing: hardly a block in use fills its class"
        return Choice("front", "class_lookup", "header", reason)
    reason = f"a byte before each block would take {taken:.1f} % more than the live heap now has"
    if aligned:
        reason += f", of which {aligned} calls asked for an alignment"
    return Choice("front", "class_lookup", "map", reason)
