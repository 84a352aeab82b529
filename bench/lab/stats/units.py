"""Rounds of the same layout as one value.

A layout decides a part of each speed, and it is drawn, not chosen.  So the independent values are
the layouts: repeating one of them makes its own value more exact, and says nothing about others.
An interval of the values of layouts covers both (the summary-measures analysis of nested designs).
"""

import statistics
from collections.abc import Hashable, Mapping


def values(rounds: Mapping[int, float], layouts: Mapping[int, Hashable]) -> list[float]:
    """One value for each layout: the median of its rounds.  A round that `layouts` does not name
    is a layout of its own."""
    found: dict[Hashable, list[float]] = {}
    for number, value in rounds.items():
        found.setdefault(layouts.get(number, ("round", number)), []).append(value)
    return [statistics.median(of_layout) for of_layout in found.values()]
