"""Plans of a replay: what bench/replay.c runs, made from the calls that a trace holds.

Calls come in the order in which they happened, over all threads.  A plan gives each block a slot,
used again after the block is freed, and each call the turn that its slot must have reached, so that
calls wait for each other where they have to.  A slot is used again by the thread that freed its
block, which has nothing to wait for then.  With several threads the calls come in laps, which all
threads begin together: a thread that ended before another one began does so again.
"""

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MAGIC = 0x324E414C504B4148
KINDS = ("malloc", "calloc", "aligned", "realloc", "free")
START, ENTER, LEAVE = range(len(KINDS), len(KINDS) + 3)
LAPS = 1024  # of equal length ...
SHORTEST, LONGEST = 32, 4096  # ... but not of fewer or more calls
LIVE_STEPS = 256  # the peak that a replay counts is this part of it behind, at most
MOST = (1 << 48) - 1  # bytes of a block
_HEAD = struct.Struct("<QIIIIQ")
STEP = np.dtype([("slot", "<u4"), ("turn", "<u4"), ("packed", "<u8")])


@dataclass(frozen=True)
class Call:
    """One call.  `block` is a number that the trace gives to no two blocks that live at once; of
    realloc it is that of the block before and after."""

    thread: int
    kind: str  # of KINDS
    block: int
    size: int = 0  # bytes; 0 of free
    align: int = 1  # bytes; of aligned


@dataclass
class Plan:
    """`threads` has the steps of each thread as (slot, turn, packed), the first thread's first."""

    threads: list[list[tuple[int, int, int]]] = field(default_factory=list)
    slots: int = 0
    peak: int = 0  # bytes asked for and not freed, at most
    left: int = 0  # blocks that are never freed
    calls: int = 0
    laps: int = 0

    def write(self, path: Path) -> None:
        """As bench/replay.h lays it out."""
        with open(path, "wb") as file:
            several = len(self.threads) > 1
            live_step = self.peak // LIVE_STEPS // len(self.threads) if several else 0
            file.write(_HEAD.pack(MAGIC, len(self.threads), self.slots, self.laps,
                                  min(live_step, (1 << 32) - 1), sum(map(len, self.threads))))
            file.write(np.array([len(steps) for steps in self.threads], "<u8").tobytes())
            for steps in self.threads:
                file.write(np.array(steps, STEP).tobytes())


class PlanError(ValueError):
    """The calls contradict each other; the message says which and how."""


def _packed(kind: int, size: int, align: int) -> int:
    return size | (align.bit_length() - 1) << 48 | kind << 56


class _Laps:
    """Cuts the calls into laps; `steps` are those of a thread."""

    def __init__(self, calls: list[Call]):
        several = len({call.thread for call in calls}) > 1
        self.length = min(max(len(calls) // LAPS, SHORTEST), LONGEST) if several else 0
        self.count = -(-len(calls) // self.length) if several else 0
        self.now: dict[int, int] = {}  # the plan's thread -> its lap

    def come(self, thread: int, number: int, steps: list[tuple[int, int, int]]) -> None:
        """Before call `number` of a thread."""
        if not self.length or self.now.get(thread) == number // self.length:
            return
        self.leave(thread, steps)
        self.now[thread] = number // self.length
        steps.append((self.now[thread], 0, _packed(ENTER, 0, 1)))

    def leave(self, thread: int, steps: list[tuple[int, int, int]]) -> None:
        """When there are no calls any more in the lap."""
        if thread in self.now:
            steps.append((self.now[thread], 0, _packed(LEAVE, 0, 1)))


def make(calls: list[Call]) -> Plan:
    """The plan of these calls.  Raises PlanError for a call on a block that is not there."""
    laps = _Laps(calls)
    plan = Plan(calls=len(calls), laps=laps.count)
    threads: dict[int, int] = {}  # the trace's number -> the plan's
    blocks: dict[int, tuple[int, int]] = {}  # -> slot, bytes
    turns: list[int] = []
    free: defaultdict[int, list[int]] = defaultdict(list)  # by the plan's thread
    live, before = 0, 0
    for number, call in enumerate(calls):
        if call.thread not in threads:
            threads[call.thread] = len(plan.threads)
            if plan.threads:  # started by whoever made the call before
                plan.threads[before].append((len(plan.threads), 0, _packed(START, 0, 1)))
            plan.threads.append([])
        before = threads[call.thread]
        laps.come(before, number, plan.threads[before])
        if not 0 <= call.size <= MOST:
            raise PlanError(f"call {number}: {call.kind} of {call.size} bytes")
        if call.kind in ("free", "realloc"):
            if call.block not in blocks:
                raise PlanError(f"call {number}: {call.kind} of block {call.block}, which there "
                                "is not")
            slot, size = blocks.pop(call.block)
        else:
            if call.block in blocks:
                raise PlanError(f"call {number}: {call.kind} gives block {call.block}, which there "
                                "is already")
            slot, size = free[before].pop() if free[before] else len(turns), 0
            if slot == len(turns):
                turns.append(0)
        live += call.size - size
        plan.peak = max(plan.peak, live)
        if call.kind == "free":
            free[before].append(slot)
        else:
            blocks[call.block] = (slot, call.size)
        plan.threads[before].append(
            (slot, turns[slot], _packed(KINDS.index(call.kind), call.size, call.align)))
        turns[slot] += 1
    for thread, steps in enumerate(plan.threads):
        laps.leave(thread, steps)
    plan.slots, plan.left = len(turns), len(blocks)
    return plan
