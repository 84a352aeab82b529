"""What the tools of bench:count write, read; counts an operation."""

import re
import subprocess
from pathlib import Path

import pytest

from bench.lab.base.errors import ToolError
from bench.lab.count import code, counted, profile_data, syscalls
from bench.lab.count.counted import NOTHING, Counted

DUMP = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 7
cmd:  ./prog 1
part: 1

desc: D1 cache: 32768 B, 64 B, 8-way associative

positions: instr line
events: Ir Dr Dw D1mr
summary: 1000 0 0

ob=(1) /x/prog
fl=(1) ???
fn=(1) main
0x100 12 3 1
+4 12 5
cob=(2) /lib/libm.so
cfi=(3) malloc.c
cfn=(2) malloc
calls=3 0x20 0
* 12 900 300 200
-4 +1 10 0 0 7

ob=(2)
fl=(3)
fn=(2)
0x20 * 60 20 10 1
+16 -3 6
"""


def test_read_profile_data():
    """Own counts by file; what a called function did is no own count."""
    data = profile_data.read(DUMP)
    assert data.totals == {"/x/prog": [18, 1, 0, 7], "/lib/libm.so": [66, 20, 10, 1]}
    assert data.executed == {"/x/prog": {0x100: 13, 0x104: 5}, "/lib/libm.so": {0x20: 60, 0x30: 6}}
    assert data.total("Ir") == 84 and data.total("Dr", "Dw", without="/x/prog") == 30


def test_processes_are_added_up():
    one = profile_data.read(DUMP)
    both = profile_data.merged([one, profile_data.read(DUMP.replace("/x/prog", "/x/other"))])
    assert both.totals == {"/x/prog": [18, 1, 0, 7], "/x/other": [18, 1, 0, 7],
                           "/lib/libm.so": [132, 40, 20, 2]}
    assert both.executed["/lib/libm.so"] == {0x20: 120, 0x30: 12}
    assert one.totals["/lib/libm.so"] == [66, 20, 10, 1], "what is added up stays as it is"


@pytest.mark.parametrize("text", [
    "", "something else\n", DUMP.replace("positions: instr line", "positions: line"),
    DUMP.replace("events: Ir", "events: Cy"), DUMP.replace("0x20 * 60", "0x20 * sixty"),
    DUMP.replace("cob=(2) ", "cob=(3) "), DUMP + "+x 1 2\n"])
def test_profile_data_of_another_form(text):
    with pytest.raises(ToolError, match="callgrind: its data cannot be read"):
        profile_data.read(text)


LOG = """\
70  brk(NULL)                         = 0x55
70  getrusage(RUSAGE_SELF,  <unfinished ...>
71  futex(0x5f4, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL <unfinished ...>
70  <... getrusage resumed>{ru_utime={tv_sec=0, tv_usec=0}, ...}) = 0
70  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f
71  <... futex resumed>)              = 0
70  futex(0x5f4, FUTEX_WAKE_PRIVATE, 1) = 0
71  mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>
70  --- SIGUSR1 {si_signo=SIGUSR1} ---
70  futex(0x5f4, FUTEX_CMP_REQUEUE_PRIVATE, 1) = 0
70  getrusage(RUSAGE_SELF, {ru_utime={tv_sec=0, tv_usec=4979}, ...}) = 0
70  munmap(0x7f, 4096)                = 0
"""


def test_system_calls_between_start_and_stop():
    assert syscalls.tally(LOG, whole=False) == {
        "call_futex_wait": 1, "call_futex_wake": 1, "call_futex": 1, "call_mmap": 2,
        "system_calls": 5, "waits": 1}


def test_system_calls_of_a_command():
    whole = syscalls.tally(LOG, whole=True)
    assert whole["system_calls"] == 9 and whole["call_munmap"] == whole["call_brk"] == 1
    alone = syscalls.tally(re.sub("^70  ", "", LOG, flags=re.MULTILINE), whole=True)
    assert alone == whole, "the only process has no number"


@pytest.mark.parametrize("marks", [0, 1, 3])
def test_no_start_and_stop(marks):
    text = "".join(f"7  getrusage(RUSAGE_SELF, {n}) = 0\n" for n in range(marks))
    with pytest.raises(ToolError, match=f"called getrusage {marks} times, not at the start"):
        syscalls.tally(text, whole=False)


# ---- instructions ------------------------------------------------------------------------------


@pytest.mark.parametrize("text, atomic", [
    ("f0 48 0f b1 15 00 01 00 00", True),  # lock cmpxchg %rdx,0x100(%rip)
    ("f0 83 00 01", True),                 # lock addl $1,(%rax)
    ("66 f0 0f c1 00", True),              # lock xadd %ax,(%rax)
    ("87 07", True),                       # xchg %eax,(%rdi)
    ("48 87 05 00 01 00 00", True),        # xchg %rax,0x100(%rip)
    ("64 48 87 04 25 10 00 00 00", True),  # xchg %rax,%fs:0x10
    ("86 07", True),                       # xchg %al,(%rdi)
    ("48 87 d8", False),                   # xchg %rbx,%rax
    ("66 90", False),                      # nop, that is xchg %ax,%ax
    ("48 0f b1 15 00 01 00 00", False),    # cmpxchg without lock
    ("48 89 f0", False),                   # mov %rsi,%rax
    ("c3", False), ("66 66", False), ("", False),
])
def test_atomic(text, atomic):
    assert code.is_atomic(bytes.fromhex(text)) is atomic


LOCKS = """
static inline void hak_lock_acquire(long *word)
{
    long none = 0;
    __atomic_compare_exchange_n(word, &none, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
long a, b, c;
void first(void) { hak_lock_acquire(&a); a = 0; }
void second(int n) { if (n > 3) hak_lock_acquire(&b); __atomic_fetch_add(&c, n, __ATOMIC_SEQ_CST); }
"""


@pytest.fixture
def library(tmp_path):
    """Two functions that acquire a lock, and one more atomic instruction."""
    path = tmp_path / "lib.so"
    subprocess.run(["gcc", "-O2", "-g1", "-shared", "-fPIC", "-x", "c", "-", "-o", path],
                   input=LOCKS, text=True, check=True)
    return path


def _atomic_addresses(path):
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], check=True,
                          capture_output=True, text=True).stdout
    found = re.findall(r"^ *([0-9a-f]+):\s+(lock \S+)", text, re.MULTILINE)
    return {int(address, 16): name for address, name in found}


def test_acquisitions_are_told_from_other_atomic_instructions(library):
    one, addresses = code.of(library), _atomic_addresses(library)
    assert sorted(addresses.values()) == ["lock cmpxchg", "lock cmpxchg", "lock xadd"] or \
        sorted(addresses.values()) == ["lock add", "lock cmpxchg", "lock cmpxchg"]
    assert all(map(one.atomic, addresses))
    assert {name for address, name in addresses.items() if one.acquires(address)} == {
        "lock cmpxchg"}
    assert sum(map(one.acquires, addresses)) == 2
    assert not one.atomic(min(addresses) - 64) and not one.atomic(1 << 40)


def test_without_debugging_information_nothing_is_known_of_locks(library):
    subprocess.run(["strip", library], check=True)
    assert code.Code(library).acquiring is None


def test_what_is_no_code():
    assert code.of(Path("???")) is None and code.of(Path(__file__)) is None


# ---- an operation ------------------------------------------------------------------------------


def tally(ops, **kinds):
    return {"ops": ops, **kinds}


def test_what_is_done_once_cancels():
    runs = [(tally(100, n=1000 + 5 * 100), tally(200, n=1000 + 5 * 200))] * 2
    assert counted.per_operation("n", runs) == Counted((5, 5), True)
    assert counted.per_operation("never", runs) == Counted((0, 0), True)


def test_repetitions_that_differ():
    one = counted.per_operation("n", [(tally(100, n=0), tally(200, n=100)),
                                      (tally(100, n=0), tally(200, n=102))])
    assert one.values == (1, 1.02) and not one.exact
    assert one.value == pytest.approx(1.01) and one.spread == pytest.approx(0.02 / 1.01)


def test_the_same_by_chance_is_not_exact():
    """The differences agree, the counts do not."""
    runs = [(tally(100, n=0), tally(200, n=100)), (tally(100, n=7), tally(200, n=107))]
    one = counted.per_operation("n", runs)
    assert one.values == (1, 1) and not one.exact and one.spread == 0


def test_a_command_is_counted_as_a_whole():
    assert counted.per_operation("n", [(NOTHING, tally(1, n=42))]).values == (42,)


@pytest.mark.parametrize("runs", [
    [], [(tally(100, n=None), tally(200, n=5))], [(tally(100, n=5), tally(200, n=None))],
    [(tally(100, n=5), tally(100, n=5))]])
def test_what_cannot_be_counted(runs):
    assert counted.per_operation("n", runs) is None
