"""Few assignments that hold each pair of values: a greedy covering, the same in every run.

A *parameter* has a name and values; an *assignment* gives each parameter one of them.  A *choice*,
a pair of values or one alone, is what some assignment shall hold.  Which assignments are valid only
the caller knows: he is asked, and answers which parameters may be changed where one is not.
"""

import itertools
import random
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator, Mapping, Sequence

Assignment = dict[str, int]  # parameter -> index of its value
Choice = frozenset[tuple[str, int]]

CHANGES = 4  # most parameters, beside those of a choice, that are changed to make it valid
CANDIDATES = 4  # of so many assignments the one that holds most is taken


@dataclass(frozen=True)
class Parameters:
    """What is combined.

    Asked for are every pair of corners, and every other value at least once.  A value without
    effect beside the others of an assignment is not held by it.
    """

    counts: Mapping[str, int]  # parameter -> how many values it has
    corners: Mapping[str, Sequence[int]]  # indices of the values whose pairs are asked for
    default: Assignment
    refused: Callable[[Assignment], Sequence[str] | None]  # None: valid; else those to blame
    idle: Callable[[Assignment], Mapping[str, Iterable[str]]]  # without effect -> what decides that


def choices(parameters: Parameters) -> list[Choice]:
    """Everything that is asked for, in a fixed order."""
    pairs = [
        frozenset([(one, i), (other, j)])
        for one, other in itertools.combinations(parameters.counts, 2)
        for i in parameters.corners[one]
        for j in parameters.corners[other]
    ]
    singles = [
        frozenset([(name, i)])
        for name, count in parameters.counts.items()
        for i in range(count)
        if i not in parameters.corners[name]
    ]
    return pairs + singles


def held(assignment: Assignment, parameters: Parameters) -> Iterator[Choice]:
    """The choices that a valid assignment holds, also those that nobody asks for."""
    idle = parameters.idle(assignment)
    items = [item for item in assignment.items() if item[0] not in idle]
    for item in items:
        yield frozenset([item])
    yield from map(frozenset, itertools.combinations(items, 2))


def completed(choice: Choice, parameters: Parameters, start: Assignment) -> Assignment | None:
    """`start` with the choice and the fewest changes that make it valid and give the choice effect;
    None if no few changes of the parameters to blame do."""
    fixed = {name for name, _ in choice}

    def blamed(assignment: Assignment) -> Sequence[str] | None:
        named = parameters.refused(assignment)
        if named is not None:
            return named
        idle = parameters.idle(assignment)
        return [decides for name in sorted(fixed) for decides in idle.get(name, ())] or None

    def search(assignment: Assignment, changed: frozenset[str], left: int) -> Assignment | None:
        named = blamed(assignment)
        if named is None or left == 0:
            return assignment if named is None else None
        for name in named:
            if name in fixed or name in changed:
                continue
            for value in range(parameters.counts[name]):
                if value != assignment[name]:
                    found = search({**assignment, name: value}, changed | {name}, left - 1)
                    if found:
                        return found
        return None

    for most in range(CHANGES + 1):
        found = search({**start, **dict(choice)}, frozenset(), most)
        if found:
            return found
    return None


def cover(
    parameters: Parameters, first: Sequence[Assignment], count: int
) -> tuple[list[Assignment], set[Choice]]:
    """At least `count` valid assignments that, with those of `first`, hold whatever is asked for;
    and what none can hold.  Where fewer suffice the others are random."""
    missing = dict.fromkeys(choices(parameters))  # a set in a fixed order
    for assignment in first:
        _strike(missing, assignment, parameters)
    made: list[Assignment] = []
    impossible: set[Choice] = set()
    while missing or len(made) < count:
        choice = next(iter(missing), frozenset())
        start = completed(choice, parameters, parameters.default)
        if start is None:
            impossible.add(choice)
            del missing[choice]
            continue
        seeds = range(CANDIDATES * len(made), CANDIDATES * (len(made) + 1))
        candidates = [_grown(choice, start, missing, parameters, seed) for seed in seeds]
        best = max(candidates, key=lambda one: sum(c in missing for c in held(one, parameters)))
        made.append(best)
        _strike(missing, best, parameters)
    return made, impossible


def _strike(missing: dict[Choice, None], assignment: Assignment, parameters: Parameters) -> None:
    for choice in held(assignment, parameters):
        missing.pop(choice, None)


def _grown(
    choice: Choice,
    start: Assignment,
    missing: Mapping[Choice, None],
    parameters: Parameters,
    seed: int,
) -> Assignment:
    """`start` with, one parameter after the other, the value that holds most of what is missing
    together with the parameters settled before."""
    order = random.Random(seed)
    result = dict(start)
    settled = sorted(choice)
    others = [name for name in parameters.counts if name not in dict(choice)]
    order.shuffle(others)
    for name in others:

        def gain(value: int, name: str = name) -> int:
            item = (name, value)
            return (frozenset([item]) in missing) + sum(
                frozenset([item, other]) in missing for other in settled
            )

        values = list(range(parameters.counts[name]))
        order.shuffle(values)
        for value in sorted(values, key=gain, reverse=True):
            changed = {**result, name: value}
            if value == result[name] or _is_valid(changed, choice, parameters):
                result = changed
                break
        settled.append((name, result[name]))
    return result


def _is_valid(assignment: Assignment, choice: Choice, parameters: Parameters) -> bool:
    if parameters.refused(assignment) is not None:
        return False
    return not any(name in parameters.idle(assignment) for name, _ in choice)
