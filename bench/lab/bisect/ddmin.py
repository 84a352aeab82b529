"""The smallest part of a set that still has a property, by A. Zeller and R. Hildebrandt's ddmin
("Simplifying and Isolating Failure-Inducing Input", 2002).

It halves the set as long as one half alone has the property.  If neither half has it, it takes
members of both: then smaller parts are left out, one at a time.  The result is 1-minimal: without
any one of its members, the test says no.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def minimize(items: Sequence[T], has: Callable[[list[T]], bool],
             left: Callable[[list[T], bool], None] = lambda items, together: None) -> list[T]:
    """A smallest part, in the order of `items`, which as a whole have the property.

    `has` tells whether a part surely has it: one that may have it or cannot be tested does not.
    `left` hears what is left whenever the set becomes smaller, and with True when no half alone has
    the property: it takes several members together.
    """
    items, parts = list(items), 2
    while len(items) > 1:
        pieces = _split(items, parts)
        smaller = next((piece for piece in pieces if has(piece)), None)
        if smaller is not None:
            items, parts = smaller, 2
            left(items, False)
            continue
        if parts == 2:
            left(items, True)
        else:  # of two pieces, each is the other's rest
            rests = ([one for one in items if one not in piece] for piece in pieces)
            smaller = next((rest for rest in rests if has(rest)), None)
        if smaller is not None:
            items, parts = smaller, max(parts - 1, 2)
            left(items, False)
        elif parts < len(items):
            parts = min(2 * parts, len(items))
        else:
            break
    return items


def _split(items: list[T], parts: int) -> list[list[T]]:
    """So many pieces, as alike in length as can be."""
    ends = [len(items) * i // parts for i in range(parts + 1)]
    return [items[start:end] for start, end in zip(ends, ends[1:])]
