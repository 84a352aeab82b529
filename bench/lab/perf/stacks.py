"""Sampled stacks, read from what `perf script` prints, and the functions on them."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath

FIELDS = "comm,tid,period,ip,sym,dso"  # of perf script, as read() expects them
UNKNOWN = "[unknown]"
# A path may hold brackets, another word does not.
_FRAME = re.compile(r"\s+[0-9a-f]+ (?P<name>.*) "
                    r"\((?P<object>[/\[].*?|[^()]*)(?: \(deleted\))?\)$")
_HEAD = re.compile(r"\s*(?P<comm>\S.*?)\s+\d+\s+(?P<period>\d+)\s*$")
# What the process is called before it becomes the program.
_LAUNCHERS = ("perf", "perf-exec", "sh", "env")


@dataclass(frozen=True)
class Frame:
    """A function on a stack."""

    name: str
    object: str  # path of the file that it is in, or a word in brackets, such as [vdso]

    @property
    def file(self) -> str:
        """The last part of the path."""
        return PurePath(self.object).name


Stacks = Counter[tuple[Frame, ...]]  # outermost function first -> weight


@dataclass(frozen=True)
class Samples:
    """All samples of a program.  A weight is a sample's period: ns, or cycles."""

    stacks: Stacks
    count: int


@dataclass(frozen=True)
class Function:
    """A function's shares of everything, 0..1."""

    frame: Frame
    self: float  # in the function itself
    total: float  # with everything that it calls


def read(text: str) -> Samples:
    """From the text of perf script with these FIELDS; lines of other kinds are left out."""
    stacks: Stacks = Counter()
    count = 0
    frames: list[Frame] = []  # innermost first
    period: int | None = None  # None: no sample of the program has begun
    for line in [*text.splitlines(), ""]:
        if frame := _FRAME.match(line):
            frames.append(Frame(frame["name"], frame["object"]))
            continue
        if period is not None:
            stacks[tuple(reversed(frames)) or (Frame(UNKNOWN, UNKNOWN),)] += period
            count += 1
        frames, period = [], None
        head = _HEAD.match(line)
        if head and head["comm"] not in _LAUNCHERS:
            period = int(head["period"])
    return Samples(stacks, count)


def functions(stacks: Stacks) -> list[Function]:
    """Every function, those with the largest share of their own first."""
    own: Counter[Frame] = Counter()
    total: Counter[Frame] = Counter()
    for stack, weight in stacks.items():
        own[stack[-1]] += weight
        for frame in set(stack):  # once, however often it calls itself
            total[frame] += weight
    whole = sum(stacks.values()) or 1
    found = [Function(frame, own[frame] / whole, weight / whole)
             for frame, weight in total.items()]
    return sorted(found, key=lambda one: (-one.self, -one.total, one.frame.name, one.frame.object))
