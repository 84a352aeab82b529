"""A flame graph: how often each stack was seen, as one HTML file that opens from disk.

A box is a function called along one path; its width is its share of everything, callees stand on
their callers, and neighbours are in the order of their names (B. Gregg, "The Flame Graph", CACM
59(6), 2016).  The boxes are laid out here; the page's own script zooms and searches.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from bench.lab.perf.stacks import Frame, Stacks

NARROWEST = 0.0005  # share of everything; narrower boxes would be half a pixel and are left out


@dataclass(frozen=True)
class Box:
    """One function along one path.  Shares are of everything, 0..1."""

    name: str
    kind: str
    left: float
    width: float
    depth: int  # 0: everything together
    own: float  # share in which it is the innermost function
    shade: int  # 0..3, so that neighbours can be told apart; follows from the name


@dataclass
class _Node:
    weight: int = 0
    own: int = 0
    children: dict[Frame, "_Node"] = field(default_factory=dict)


def _tree(stacks: Stacks) -> _Node:
    root = _Node()
    for stack, weight in stacks.items():
        root.weight += weight
        node = root
        for frame in stack:
            node = node.children.setdefault(frame, _Node())
            node.weight += weight
        node.own += weight
    return root


def boxes(stacks: Stacks, kind: Callable[[Frame], str]) -> list[Box]:
    """All boxes that are wide enough, each before those that stand on it."""
    root = _tree(stacks)
    if not root.weight:
        return []
    return [Box("all", "all", 0, 1, 0, root.own / root.weight, 0),
            *_above(root, 0, 1, root.weight, kind)]


def _above(node: _Node, start: int, depth: int, whole: int,
           kind: Callable[[Frame], str]) -> Iterator[Box]:
    for frame, child in sorted(node.children.items(), key=lambda one: (one[0].name,
                                                                       one[0].object)):
        if child.weight / whole >= NARROWEST:
            yield Box(frame.name, kind(frame), start / whole, child.weight / whole, depth,
                      child.own / whole, zlib.crc32(frame.name.encode(errors="replace")) % 4)
            yield from _above(child, start, depth + 1, whole, kind)
        start += child.weight


def render(stacks: Stacks, kind: Callable[[Frame], str], title: str, about: str) -> str:
    """The whole page.  `kind` names whose a function is, and so its colour: hakmem, program,
    kernel; every other word is shown as a library."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )
    found = boxes(stacks, kind)
    return environment.get_template("flame.html.j2").render(
        title=title, about=about, boxes=found, narrowest=NARROWEST,
        rows=1 + max((box.depth for box in found), default=0),
    )
