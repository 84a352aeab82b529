"""Fits a profile to recordings: classes, slabs, class lookup, and what choose.py chooses.

What is minimised is `cost`, in bytes over the live heap at its peak:

    blocks of the class * (its size and its share of the slab's tail), over all classes
    + for each class in use: KEPT * what it keeps resident without serving (class_cost)

over the recorded blocks and those of the prior (demand.py), each in the class that serves it with
its alignment, by partition.py, which finds the minimum.  Two bounds hold for what was never
recorded, or the first of LOOSER ones where there are too few classes for them (BOUNDS): no step
between two classes exceeds a share of the larger one; and the powers of two from ALIGNED_LEAST on,
of which every block is aligned to its size, are kept as classes, so that a block with an alignment
takes at most twice the larger of its size and its alignment.  With a header such a block lies
inside one that is larger by the alignment; then it takes at most twice as much as that, and three
times the larger of both with the tightest bounds.

Whether the fit would hold for other inputs is seen by leaving each recording out in turn.  Where
it does not, the prior is made stronger until it does; the last resort are the default's classes.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Iterable, NamedTuple, Sequence

import numpy as np

from gen.classes import alignment_of, build_model, cap_of, colours_of, slab_pages
from gen.fit.choose import Choice
from gen.fit import choose, demand, partition
from gen.fit.caches import least_limit
from gen.fit.demand import Demand
from gen.fit.partition import Aligned, Costs, NoPartition, Solution, fewest
from gen.fit.habits import BUFFER, habits_of
from gen.fit.rounding import rounding
from gen.layout import POINTER
from gen.limits import OS_PAGE, PAGE, QUANTUM
from gen.model import Keys, Model, Profile
from gen.record.recording import GRANULES, Recording

LARGEST = (BUFFER, PAGE)  # bytes: the two that classes.max may be
ALIGNED_LEAST = 64  # bytes: a cache line; blocks of up to 64 bytes cost little in any class
FREE_SHARE = 0.7  # of the classes, that keeping the bounds may take
STRENGTHS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)  # of the prior against what was recorded
ALONE = 1 / 8  # the least with one recording, which nothing can be held out of
MOST_WORSE = 0.75  # percentage points that a held-out recording may lose against the default
KEPT_GAIN = 0.5  # of the gain on the others that the held-out ones must keep
LITTLE = 0.25  # percentage points of gain, of which there is nothing to keep
FREE = 0.05  # percent of the blocks' bytes: less than this a header takes nothing
TAIL_GAIN = 0.25  # percent of the live bytes that a smaller slab.tail_percent must save
KEPT = 0.1  # a byte kept against a byte lost: it serves the next block, and grows with no heap


class Bounds(NamedTuple):
    """What a table holds for any blocks."""

    step: float  # most from one class to the next, as a share of the larger
    ratio: int  # from one size that is kept to the next; 0: only the largest is

    def kept(self) -> list[int]:
        """Granules of the classes that are kept for aligned blocks, rising."""
        size, sizes = LARGEST[0], []
        while size >= ALIGNED_LEAST and self.ratio:
            sizes.append(size // QUANTUM)
            size //= self.ratio
        return sizes[::-1]


TIGHT = Bounds(0.25, 2)
BOUNDS = (TIGHT, *(Bounds(step, 2) for step in (0.34, 0.5, 1.0)), Bounds(1.0, 4), Bounds(1.0, 16),
          Bounds(1.0, 0))


@dataclass(frozen=True)
class Table:
    """Class sizes, bytes, and what they were chosen with."""

    sizes: tuple[int, ...]
    header_bytes: int
    tail_percent: int
    cost: float  # bytes, see above
    bounds: Bounds


@dataclass(frozen=True)
class HeldOut:
    """One recording, and the classes that the others led to; percent of rounding waste."""

    recording: int  # its number, from 0
    default: float
    fitted: float
    training_gain: float  # percentage points, mean over the others

    @property
    def gain(self) -> float:
        return self.default - self.fitted


@dataclass(frozen=True)
class Fitted:
    """The outcome."""

    choices: tuple[Choice, ...]  # by the order of the keys in the default
    held_out: tuple[HeldOut, ...]  # none with one recording
    strength: float  # of the prior
    refused: tuple[str, ...]  # why weaker priors were not taken, a line each
    fallback: bool  # the classes are the default's


# ---- cost ----------------------------------------------------------------------------------------


def class_cost(size: int, cap: int, pointers: int, threads: int) -> float:
    """Bytes that a class in use keeps resident beside its live blocks: half a page of the system
    in the slab that is filled in part, since what lies behind was never touched; and in each
    thread's cache half of the blocks that it may always hold, and its pointers to blocks."""
    held = least_limit(size, cap) * size / 2
    return OS_PAGE / 2 + threads * (held + min(POINTER * pointers, OS_PAGE))


@lru_cache(maxsize=None)
def _units(
    header_bytes: int, min_blocks: int, tail_percent: int, max_pages: int
) -> tuple[np.ndarray, np.ndarray]:
    """By granule, bytes of slab for each block, inf where no slab fits; and the alignment that all
    blocks have."""
    slab = {"min_blocks": min_blocks, "tail_percent": tail_percent, "max_pages": max_pages}
    first = QUANTUM if header_bytes else 0
    units, alignments = np.full(GRANULES + 1, np.inf), np.zeros(GRANULES + 1, dtype=int)
    for granule in range(1, GRANULES + 1):
        size = granule * QUANTUM
        pages = slab_pages(slab, size, first)
        if pages:
            nblocks, tail = divmod(pages * PAGE - first, size)
            units[granule] = pages * PAGE / nblocks
            alignments[granule] = alignment_of(size, first, colours_of(tail))
    return units, alignments


@dataclass(frozen=True)
class Terms:
    """What a choice of classes rests on beside the demand."""

    most: int  # classes
    front: dict[str, Any]  # section of the profile, as chosen
    slab: dict[str, Any]
    threads: int
    prefer_large: bool  # the largest class is the larger of the two in any case

    @property
    def bounds(self) -> Bounds:
        """The tightest for which enough classes remain free."""
        for one in BOUNDS:
            if fewest(LARGEST[0] // QUANTUM, one.step, one.kept()) <= self.most * FREE_SHARE:
                return one
        return BOUNDS[-1]

    def cached(self, size: int) -> tuple[int, int]:
        """Blocks and pointers of a class in a cache, at most."""
        cap = cap_of(self.front, size)
        return cap, 0 if size <= self.front["list_max"] else cap


def best_table(
    seen: Demand, calls: Demand, strength: float, terms: Terms, header_bytes: int
) -> Table:
    """The classes of least cost, and the larger of the largest classes only where that is less."""
    slab, bounds = terms.slab, terms.bounds
    units, alignments = _units(
        header_bytes, slab["min_blocks"], slab["tail_percent"], slab["max_pages"]
    )
    both, used = demand.blend(seen, calls, strength), seen.needing(header_bytes)
    parts = {QUANTUM: both} if header_bytes else both.parts()
    kept = bounds.kept()
    fixed = np.array(
        [0.0] + [KEPT * class_cost(g * QUANTUM, *terms.cached(g * QUANTUM), terms.threads)
                 for g in range(1, GRANULES + 1)]
    )
    blocks = both.needing(header_bytes)
    costs = Costs(
        parts.pop(QUANTUM).needing(header_bytes)[: GRANULES + 1], used[: GRANULES + 1], units,
        fixed, tuple(Aligned(part.blocks, alignments >= alignment)
                     for alignment, part in parts.items() if alignment <= LARGEST[0])
    )
    solution = Solution(costs, terms.most, bounds.step, kept)
    pages = np.ceil(np.arange(GRANULES + 2) * QUANTUM / OS_PAGE) * OS_PAGE

    def above(last: int) -> float:
        return float(blocks[last + 1 :] @ pages[last + 1 :])

    totals = {}
    for largest in LARGEST:
        last = largest // QUANTUM
        try:
            totals[last] = solution.cost(last) + above(last)
        except NoPartition:
            continue
    last = max(totals) if terms.prefer_large else min(totals, key=lambda one: (totals[one], one))
    classes, cost = partition.chosen(costs, terms.most, bounds.step, kept, last, solution)
    sizes = tuple(granule * QUANTUM for granule in classes)
    return Table(sizes, header_bytes, slab["tail_percent"], cost + above(last), bounds)


# ---- what holds ----------------------------------------------------------------------------------


def model_of(base: Profile, choices: Iterable[Choice], name: str = "fitted") -> Model:
    """The base with the choices.  Raises ProfileError if they do not go together."""
    keys: Keys = {section: dict(values) for section, values in base.keys.items()}
    for one in choices:
        keys[one.section][one.key] = one.value
    keys["front"]["header_classidx"] = keys["front"]["class_lookup"] == "header"
    if keys["classes"]["sizes"] is not None:
        keys["classes"]["sizes"] = list(keys["classes"]["sizes"])
        keys["classes"]["max"] = keys["classes"]["sizes"][-1]
    return build_model(replace(base, name=name, keys=keys))


def _with_sizes(base: Profile, table: Table) -> Model:
    lookup = "header" if table.header_bytes else "map"
    return model_of(base, [
        Choice("classes", "sizes", table.sizes, ""),
        Choice("front", "class_lookup", lookup, ""),
        Choice("slab", "tail_percent", table.tail_percent, ""),
    ])


def rounding_percent(model: Model, recording: Recording) -> float:
    """Of the live heap at its peak."""
    return rounding(model, demand.at_peak(recording)).percent


def avoidable_percent(model: Model, recording: Recording) -> float:
    """The part of it beyond 16-byte alignment, which other classes could save."""
    return rounding(model, demand.at_peak(recording)).avoidable_percent


def leave_one_out(
    recordings: Sequence[Recording], base: Profile, strength: float, terms: Terms
) -> list[HeldOut]:
    """Each of at least two recordings against the classes for the others."""
    default = build_model(base)
    found = []
    for number, one in enumerate(recordings):
        others = [*recordings[:number], *recordings[number + 1 :]]
        model = _with_sizes(base, best_table(*demands_of(others), strength, terms, 0))
        gains = [rounding_percent(default, other) - rounding_percent(model, other)
                 for other in others]
        found.append(HeldOut(
            number, rounding_percent(default, one), rounding_percent(model, one),
            sum(gains) / len(gains),
        ))
    return found


def problem_of(held_out: Sequence[HeldOut]) -> str | None:
    """Why this fit would not hold for other inputs; None: it does."""
    worst = min(held_out, key=lambda one: one.gain)
    if -worst.gain > MOST_WORSE:
        return (
            f"recording {worst.recording + 1}, held out, has {worst.fitted:.2f} % of rounding, "
            f"{-worst.gain:.2f} points more than with the default"
        )
    gain = sum(one.gain for one in held_out) / len(held_out)
    trained = sum(one.training_gain for one in held_out) / len(held_out)
    if trained > LITTLE and gain < KEPT_GAIN * trained:
        return (
            f"recordings held out gain {gain:.2f} points, those fitted to {trained:.2f}: less than "
            "half of it"
        )
    return None


# ---- the whole -----------------------------------------------------------------------------------


def fit(recordings: Sequence[Recording], base: Profile, most: int) -> Fitted:
    """The profile for at least one recording with blocks, with at most `most` classes."""
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
    """The live heap at its peak, and everything that was allocated."""
    return (
        demand.mean([demand.at_peak(one) for one in recordings]),
        demand.mean([demand.of_calls(one) for one in recordings]),
    )


def _tables(
    recordings: Sequence[Recording], base: Profile, strength: float, terms: Terms
) -> list[Choice]:
    """classes.sizes first, then slab and class lookup."""
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
        Choice("classes", "sizes", table.sizes, _why_sizes(table, seen, strength, recordings)),
        Choice("slab", "tail_percent", table.tail_percent, tail_reason),
        lookup,
    ]


def _lookup(
    plain: Model, header: Model, seen: Demand, recordings: Sequence[Recording]
) -> Choice:
    """The map, unless the header byte takes nothing from what was recorded."""
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


def _why_sizes(
    table: Table, seen: Demand, strength: float, recordings: Sequence[Recording]
) -> str:
    top = [int(g) for g in np.argsort(-seen.bytes, kind="stable")[:3] if seen.bytes[g] > 0]
    shares = ", ".join(
        f"{_share(seen.bytes[g] / seen.total_bytes)} of requests of "
        f"{QUANTUM * (g - 1) + 1} to {QUANTUM * g}" for g in top
    )
    return (
        f"{len(table.sizes)} classes for {int((seen.blocks > 0).sum())} recorded sizes, counted in "
        f"steps of {QUANTUM} bytes; of the live heap at its peak {shares}. A prior of "
        f"{strength:g} times these bytes stands for sizes that were not recorded, of which none "
        f"wastes more than {100 * table.bounds.step:.0f} % of its block."
        + ("" if table.header_bytes else _why_kept(table.bounds, recordings))
    )


def _why_kept(bounds: Bounds, recordings: Sequence[Recording]) -> str:
    if not bounds.ratio:
        return ""
    calls = sum(sum(one.alignments.values()) for one in recordings)
    asked = f"{calls} recorded call{'' if calls == 1 else 's'}" if calls else "no recorded call"
    return (
        f" Blocks with an alignment, which {asked} asked for, have classes "
        f"{' '.join(str(g * QUANTUM) for g in bounds.kept()[:3])} and so on: none takes more than "
        f"{bounds.ratio} times the larger of its size and its alignment."
    )


def _share(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.005 else "less than 1 %"
