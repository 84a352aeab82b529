"""A row and all rows as found, and the sentences about them."""

import math
from dataclasses import dataclass, field

from bench.lab.count import explain, kinds
from bench.lab.count.counted import Counted
from bench.lab.count.counter import Amounts, Counts
from bench.lab.count.explain import Part, Side
from bench.lab.count.kernel_costs import KernelCosts
from bench.lab.count.kinds import CALL, FAULTS, Kind
from bench.lab.judge.compare import Comparison
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant
from bench.lab.show import pair_words
from bench.lab.show.numbers import signed

_TIMES = {
    explain.USER: "time in the program", explain.SYSTEM: "time in the kernel",
    explain.AN_INSTRUCTION: "time of an instruction",
    explain.REST: "the rest of the time in the kernel",
    explain.WAITING: "waiting for a processor or a thread",
}
# Counts that may be why instructions take longer, and how many an operation are worth a word.
_HINTS = {"l1_misses": "L1 misses", "l2_misses": "L2 misses", "atomics": "atomic instructions"}
_LEAST_HINT = 0.01


@dataclass(frozen=True)
class Entry:
    """One line of a row: a count, or a time in ns, of A and of B an operation."""

    kind: Kind
    a: float | None
    b: float | None
    ns: float | None = None  # what the difference is worth
    counted: tuple[Counted | None, Counted | None] = (None, None)  # None: a time
    is_time: bool = False

    @property
    def difference(self) -> float | None:
        """B less A; 0 if they differ by no more than a rounding."""
        if self.a is None or self.b is None:
            return None
        return 0.0 if math.isclose(self.a, self.b, rel_tol=1e-12) else self.b - self.a


@dataclass(frozen=True)
class RowFound:
    """One row: B against A."""

    row: Row
    a: Side
    b: Side
    parts: list[Part]
    comparison: Comparison  # of the times
    amounts: Amounts
    counts: tuple[Counts, Counts]

    @property
    def difference(self) -> float:
        """B's time of an operation less A's, ns."""
        return self.b.spent.ns - self.a.spent.ns

    @property
    def entries(self) -> list[Entry]:
        """The time, what was counted, then the times that no count explains."""
        worth = {part.kind: part.ns for part in self.parts}
        a, b = self.a.spent, self.b.spent
        within = [(explain.USER, a.user, b.user), (explain.SYSTEM, a.system, b.system)]
        spent = [_time(Kind("ns", "time"), a.ns, b.ns, self.difference),
                 *(_time(Kind(kind, _TIMES[kind], of="ns"), its_a, its_b, worth.get(kind))
                   for kind, its_a, its_b in within)]
        calls = {name.removeprefix(CALL) for side in (self.a, self.b) for name in side.kinds
                 if name.startswith(CALL)}
        of_kinds = [
            Entry(kind, self.a.count(kind.name), self.b.count(kind.name), worth.get(kind.name),
                  (self.a.kinds.get(kind.name), self.b.kinds.get(kind.name)))
            for kind in (*kinds.of_callgrind(), FAULTS, *kinds.of_strace(calls))]
        left = [_time(Kind(part.kind, _TIMES[part.kind]), part.a, part.b, part.ns)
                for part in self.parts if part.kind in (explain.AN_INSTRUCTION, explain.REST,
                                                        explain.WAITING)]
        return [*spent, *of_kinds, *left]

    def sentence(self, a: str, b: str) -> str:
        """How B differs from A in time, and what makes that."""
        words = pair_words.effect(self.comparison, b)
        if not self.comparison.differs:
            return f"{words}."
        if not self._without_processor:
            return f"{words}.  {self._explained(self.parts)}"
        left = [part for part in self.parts if part.kind != explain.WAITING]
        of_processor = sum(part.ns for part in left)
        rest = f"The rest is time without a processor, which says nothing about {a} and {b}."
        if abs(of_processor) < explain.LEAST * abs(self.difference):
            return f"{words}.  In processor time there is hardly a difference.  {rest}"
        return (f"{words}.  In processor time the difference is {signed(of_processor)} ns.  "
                f"{self._explained(left)}  {rest}")

    @property
    def _without_processor(self) -> bool:
        """Whether a notable part of the difference is that other programs had the processor: a
        benchmark program with one thread waits for nothing else."""
        waiting = self.b.spent.waiting - self.a.spent.waiting
        return self.row.threads == 1 and not self.row.timed and \
            abs(waiting) >= explain.LEAST * abs(self.difference)

    def _explained(self, parts: list[Part]) -> str:
        whole = sum(part.ns for part in parts)
        return f"Explained by: {'; '.join(self._name(one, whole) for one in explain.main(parts))}."

    def _name(self, part: Part, whole: float) -> str:
        share = part.ns / whole
        worth = f"about {100 * share:.0f} % of the difference" if share > 0 \
            else f"{-100 * share:.0f} % against it"
        if part.kind in _TIMES:
            return f"{_TIMES[part.kind]} ({worth}{self._beside(part)})"
        kind = next(entry.kind for entry in self.entries if entry.kind.name == part.kind)
        rare = kind.rare and not self.row.timed
        change = signed((part.b - part.a) * (1000 if rare else 1))
        unit = "in 1000 operations" if rare else "a run" if self.row.timed else "an operation"
        name = f"calls of {kind.label}" if kind.of == kinds.CALLS.name else kind.label
        return f"{name} ({change} {unit}, {worth})"

    def _beside(self, part: Part) -> str:
        """What belongs to a part of the time in the program: instructions; or counts that differ as
        the time of an instruction does."""
        entries = {entry.kind.name: entry for entry in self.entries}
        change = entries["instructions"].difference
        if part.kind == explain.USER and change is not None:
            takes = "less" if change > 0 else "more"
            return f": {signed(change)} instructions, each of which takes {takes} time"
        if part.kind != explain.AN_INSTRUCTION:
            return ""
        found = [f"{signed(entries[kind].difference)} {label}" for kind, label in _HINTS.items()
                 if _is_reason(entries[kind], part.ns)]
        return f"; with {', '.join(found)}" if found else ""


def _time(kind: Kind, a: float, b: float, worth: float | None) -> Entry:
    return Entry(kind, a, b, worth, is_time=True)


def _is_reason(entry: Entry, ns: float) -> bool:
    """Whether the count differs notably, and in the direction of this time."""
    change = entry.difference
    return change is not None and change * ns > 0 and abs(change) >= max(
        _LEAST_HINT, explain.LEAST * max(entry.a, entry.b))


@dataclass
class Found:
    """All rows that were counted."""

    a: Variant
    b: Variant
    costs: KernelCosts | None = None
    rows: list[RowFound] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # rows, and why
    failures: list[str] = field(default_factory=list)
