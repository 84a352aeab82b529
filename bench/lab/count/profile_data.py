"""The data that callgrind writes.  The format is described in valgrind's manual: "Callgrind Format
Specification".

The lines that are read here, of a file with the option --dump-instr=yes:

    positions: instr line
    events: Ir Dr Dw
    ob=(3) /lib/libc.so.6     the file that the following lines are about; later only: ob=(3)
    cob=(4) /lib/libm.so.6    the file of a called function
    0x4c2 17 5 1              address, line, counts: those at the end that are 0 are left out
    +3 * 5                    an address relative to the one before it; * is the same
    calls=2 0x99 0            the next line counts what a called function did: it is no own count
"""

from collections import defaultdict
from dataclasses import dataclass, field

from bench.lab.base.errors import ToolError


@dataclass
class ProfileData:
    """Own counts by file: of each event, and how often each instruction was executed."""

    events: list[str] = field(default_factory=list)
    totals: dict[str, list[int]] = field(default_factory=dict)  # file -> counts of the events
    executed: dict[str, dict[int, int]] = field(default_factory=dict)  # file -> address -> times

    def total(self, *events: str, without: str | None = None) -> int:
        """The sum of some events in all files, or in all but one."""
        places = [self.events.index(event) for event in events]
        return sum(counts[place] for file, counts in self.totals.items() if file != without
                   for place in places)


def merged(parts: list[ProfileData]) -> ProfileData:
    """The data of several processes as if they were one; there is at least one."""
    whole = ProfileData(parts[0].events)
    for part in parts:
        for file, counts in part.totals.items():
            before = whole.totals.get(file, [0] * len(counts))
            whole.totals[file] = [a + b for a, b in zip(before, counts)]
        for file, executed in part.executed.items():
            its = whole.executed.setdefault(file, {})
            for address, times in executed.items():
                its[address] = its.get(address, 0) + times
    return whole


def read(text: str) -> ProfileData:
    """The data of one dump.  Raises ToolError for text of another form."""
    try:
        return _read(text)
    except (IndexError, KeyError, ValueError) as error:
        raise ToolError(f"callgrind: its data cannot be read: {error}") from error


def _read(text: str) -> ProfileData:
    data = ProfileData()
    names: dict[str, str] = {}
    file, address, positions, called = "", 0, 0, False
    executed: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if line.startswith("positions: "):
            positions = len(line.split()) - 1
        elif line.startswith("events: "):
            data.events = line.split()[1:]
        elif equals and key in ("ob", "cob"):
            number, _, name = value.partition(" ")
            if name:
                names[number] = name
            file = names[number] if key == "ob" else file
        elif equals and key == "calls":
            called = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            words = line.split()
            address = _address(words[0], address)
            if not called:
                counts = data.totals.setdefault(file, [0] * len(data.events))
                for place, count in enumerate(words[positions:]):
                    counts[place] += int(count)
                executed[file][address] += int(words[positions])
            called = False
    if positions != 2 or data.events[:1] != ["Ir"]:
        raise ValueError("no counts of single instructions")
    data.executed = executed
    return data


def _address(word: str, before: int) -> int:
    if word == "*":
        return before
    return before + int(word) if word[0] in "+-" else int(word, 16)
