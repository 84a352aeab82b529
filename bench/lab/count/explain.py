"""What the differences in counts are worth in a difference in time.

B takes d ns more than A an operation: in the program, in the kernel, and waiting.

- In the program: an operation is I instructions of c ns.  Both come from the row itself, c as time
  in the program over instructions.  I_B c_B - I_A c_A =
  (I_B - I_A) (c_A + c_B) / 2 + (c_B - c_A) (I_A + I_B) / 2.  The first term is what the
  instructions are worth.  The second, that each of them takes longer or shorter, has reasons that
  have no price here: cache misses, atomic instructions, mispredicted branches.  Where the terms are
  against each other, further instructions are not like those that were there, and only their sum
  says something.
- In the kernel: a system call is worth what was measured for one of its kind.  A page fault is
  worth what the calls leave of the row's system time, over its faults; but no less than was
  measured for a page among others, no more than for one alone.  What that leaves of the difference
  is shown as the rest of it.
- Waiting: the whole of its difference.
"""

from dataclasses import dataclass

from bench.lab.count.counted import Counted
from bench.lab.count.kernel_costs import KernelCosts
from bench.lab.count.kinds import CALL, CALLS, FAULTS
from bench.lab.count.spent import Spent

LEAST = 0.1  # of the difference: smaller parts are not named in a sentence

# Kinds of time, ns an operation.
USER, SYSTEM, WAITING = "user_ns", "system_ns", "waiting_ns"
AN_INSTRUCTION, REST = "ns_an_instruction", "rest_of_system_ns"


@dataclass(frozen=True)
class Side:
    """One variant in one row: what an operation took, and what it counted."""

    spent: Spent
    kinds: dict[str, Counted]  # page faults as well; what could not be counted is absent

    def count(self, kind: str) -> float | None:
        """An operation; None for what could not be counted.  A system call that was not made is no
        kind."""
        if kind in self.kinds:
            return self.kinds[kind].value
        return 0.0 if kind.startswith(CALL) and CALLS.name in self.kinds else None

    @property
    def ns_an_instruction(self) -> float | None:
        """Time in the program over instructions."""
        instructions = self.count("instructions")
        return self.spent.user / instructions if instructions else None


@dataclass(frozen=True)
class Part:
    """A part of the difference in time: what it comes from, and both sides' number of that."""

    kind: str  # of count or of time
    a: float
    b: float
    ns: float


def parts(a: Side, b: Side, costs: KernelCosts | None, threads: int) -> list[Part]:
    """They add up to the difference.  `threads` serve the operations, and enter the kernel, at the
    same time."""
    return [*_in_program(a, b), *_in_kernel(a, b, costs, threads),
            _time(WAITING, a.spent.waiting, b.spent.waiting)]


def _time(kind: str, a: float, b: float) -> Part:
    return Part(kind, a, b, b - a)


def _in_program(a: Side, b: Side) -> list[Part]:
    each_a, each_b = a.ns_an_instruction, b.ns_an_instruction
    if each_a is None or each_b is None:
        return [_time(USER, a.spent.user, b.spent.user)]
    all_a, all_b = a.count("instructions"), b.count("instructions")
    return [Part("instructions", all_a, all_b, (all_b - all_a) * (each_a + each_b) / 2),
            Part(AN_INSTRUCTION, each_a, each_b, (each_b - each_a) * (all_a + all_b) / 2)]


def _in_kernel(a: Side, b: Side, costs: KernelCosts | None, threads: int) -> list[Part]:
    if costs is None:
        return [_time(SYSTEM, a.spent.system, b.spent.system)]
    found, left_a, left_b = [], a.spent.system, b.spent.system
    for kind, cost in costs.calls.items():
        count_a, count_b = a.count(kind), b.count(kind)
        if count_a is not None and count_b is not None:
            ns = cost / threads
            found.append(Part(kind, count_a, count_b, (count_b - count_a) * ns))
            left_a, left_b = left_a - count_a * ns, left_b - count_b * ns
    faults_a, faults_b = a.count(FAULTS.name), b.count(FAULTS.name)
    price = _price([(left_a, faults_a), (left_b, faults_b)], costs, threads)
    return [Part(FAULTS.name, faults_a, faults_b, (faults_b - faults_a) * price), *found,
            _time(REST, left_a - faults_a * price, left_b - faults_b * price)]


def _price(sides: list[tuple[float, float]], costs: KernelCosts, threads: int) -> float:
    """ns of a page fault, from the system time and the faults of both sides: the mean of their
    own."""
    least, most = costs.page / threads, costs.page_alone / threads
    own = [min(max(left / faults, least), most) for left, faults in sides if faults]
    return sum(own) / len(own) if own else least


def main(found: list[Part]) -> list[Part]:
    """The parts that make the difference, the largest first, then those that are against it."""
    whole = sum(part.ns for part in found)
    large = [part for part in _joined(found) if abs(part.ns) >= LEAST * abs(whole)]
    return sorted(large, key=lambda part: -part.ns if whole > 0 else part.ns)


def _joined(found: list[Part]) -> list[Part]:
    """The parts in the program as one if they are against each other."""
    two = [part for part in found if part.kind in ("instructions", AN_INSTRUCTION)]
    if len(two) < 2 or two[0].ns * two[1].ns >= 0:
        return found
    one = _time(USER, two[0].a * two[1].a, two[0].b * two[1].b)
    return [one, *(part for part in found if part not in two)]
