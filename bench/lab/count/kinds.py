"""What is counted, and by which tool."""

from dataclasses import dataclass

CALL = "call_"  # begins the kind of one system call


@dataclass(frozen=True)
class Kind:
    """One count.  Some are so rare that people read them in a thousand operations."""

    name: str  # in counts.csv
    label: str
    rare: bool = False
    of: str = ""  # the kind that this one is a part of


# By callgrind.  `_outside`: outside of the file of the program, that is, in the allocator and in
# the libraries that it uses.
PARTED = (
    Kind("instructions", "instructions"),
    Kind("accesses", "loads and stores"),
    Kind("l1_misses", "L1 misses, simulated"),
    Kind("l2_misses", "L2 misses, simulated"),
)
OUTSIDE = "_outside"
LOCKS = (Kind("atomics", "atomic instructions"),
         Kind("acquisitions", "lock acquisitions", rare=True))
FAULTS = Kind("page_faults", "page faults", rare=True)  # by the kernel, in the timed runs
# By strace.
WAITS = Kind("waits", "waits (futex)", rare=True)
CALLS = Kind("system_calls", "system calls", rare=True)


def outside(kind: Kind) -> Kind:
    """The part of the kind that is outside of the program's file."""
    return Kind(kind.name + OUTSIDE, "outside of the program", kind.rare, kind.name)


def of_callgrind() -> list[Kind]:
    """In the order in which they are shown."""
    return [one for kind in PARTED for one in (kind, outside(kind))] + list(LOCKS)


def of_strace(names: set[str]) -> list[Kind]:
    """All system calls, then each by its name."""
    return [WAITS, CALLS, *(Kind(CALL + name, name.replace("_", " "), True, CALLS.name)
                            for name in sorted(names))]
