"""One run of a program under callgrind: its instructions, what they do to memory, and locks.

A benchmark program is counted from bench_start to bench_stop; of any other command all processes
are counted, from their start to their end.  Memory is simulated: callgrind follows each load and
store through a first and a second cache of the sizes below, whatever the machine has, so that the
same instructions miss as often on any machine.
"""

import tempfile
from pathlib import Path

from bench.lab.base import tools, valgrind
from bench.lab.base.errors import ToolError
from bench.lab.count import code, profile_data
from bench.lab.count.counted import UNTIMED, Tally
from bench.lab.count.kinds import OUTSIDE
from bench.lab.count.profile_data import ProfileData
from bench.lab.run import execute
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

_CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,16,64")  # bytes, ways, line
# Calls between files go through the PLT.  Were it skipped, its counts would not be zeroed.
OPTIONS = ("--cache-sim=yes", *_CACHES, "--dump-instr=yes", "--skip-plt=no")
PART = ("--zero-before=bench_start", "--dump-before=bench_stop")
_EVENTS = {"instructions": ("Ir",), "accesses": ("Dr", "Dw"), "l1_misses": ("D1mr", "D1mw"),
           "l2_misses": ("DLmr", "DLmw")}


def count(variant: Variant, row: Row, timeout: float, log: Path) -> Tally:
    """One run; `log` has what was printed.  Raises ToolError if it fails."""
    program, *args = variant.command(row)
    program = str(Path(program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = valgrind.callgrind_each(folder, [program, *args], *OPTIONS) if row.timed else \
            valgrind.callgrind(folder / "counts", [program, *args], *OPTIONS, *PART)
        status, out, _ = tools.watch(command, timeout, log, variant.environment(row) | UNTIMED,
                                     row.folder)
        ops = int(execute.require(status, out, timeout, "callgrind").ops)
        data = _of_all_processes(folder) if row.timed else _of_part(folder / "counts.1")
    inside = None if row.timed or variant.link == "static" else program
    return {"ops": ops, **_memory(data, inside), **_locks(data, row)}


def _of_part(path: Path) -> ProfileData:
    if not path.exists():
        raise ToolError("callgrind: the program does not call bench_start and bench_stop")
    return profile_data.read(path.read_text(encoding="utf-8", errors="replace"))


def _of_all_processes(folder: Path) -> ProfileData:
    parts = sorted(folder.glob("counts.*"))
    if not parts:
        raise ToolError("callgrind: no process left counts")
    return profile_data.merged([_of_part(path) for path in parts])


def _memory(data: ProfileData, program: str | None) -> Tally:
    """Instructions and what they do to memory; of what is outside of the program's file nothing is
    known if that has the allocator in it, or is one of several."""
    tally: Tally = {}
    for name, events in _EVENTS.items():
        tally[name] = data.total(*events)
        tally[name + OUTSIDE] = data.total(*events, without=program) if program else None
    return tally


def _locks(data: ProfileData, row: Row) -> Tally:
    """Atomic instructions, and acquired locks.

    Debugging information says where hakmem acquires one.  Of another allocator the calls of the C
    library's mutex are counted, in a program that itself has none; if there are none, the allocator
    may have locks of its own, and nothing is known.
    """
    atomics = acquired = mutexes = 0
    known = False
    for file, executed in data.executed.items():
        one = code.of(Path(file))
        if one is None:
            continue
        if not one.is_x86:
            return {"atomics": None, "acquisitions": None}
        found = {address: times for address, times in executed.items() if one.atomic(address)}
        atomics += sum(found.values())
        known |= one.acquiring is not None
        acquired += sum(times for address, times in found.items() if one.acquires(address))
        mutexes += sum(executed.get(address, 0) for address in one.mutex)
    if not known:
        acquired = None if row.timed else mutexes or None
    return {"atomics": atomics, "acquisitions": acquired}
