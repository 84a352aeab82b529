"""The rows of the matrix: which program runs with which arguments.  The only place that says so."""

from collections.abc import Sequence

from bench.lab.base.errors import UsageError
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row


def _row(program: str, args: str, threads: int, load: str, **bars: float) -> Row:
    return Row(program, tuple(args.split()), threads, load, **bars)


def larson(seconds: str, threads: int, rounds: int = 1) -> Row:
    """8 to 128 bytes, 1024 blocks a thread.  Each is replaced once before the thread ends, and
    most of the time goes to starting threads; or 1000 times, and it goes to the allocator."""
    args = f"{seconds} 8 128 1024 {rounds} 12345 {threads}"
    load = (f"threads that come and go, {threads} at once: most of the time starts threads"
            if rounds == 1 else
            f"8..128 B at random, {threads} threads, each with blocks of one that ended")
    return _row("larson", args, threads, load, bar=1.0)


def random_mixed(cycles: int, slots: int) -> Row:
    """16 to 8192 bytes in `slots` slots.  If there are many, it counts where their blocks lie."""
    load = f"16..8192 B at random, {slots} slots"
    load += ", more than near caches hold" if slots > 1000 else ""
    bar = 1.15 if slots > 1000 else 1.0
    return _row("bench_random_mixed", f"{cycles} {slots} 42", 1, load, bar=bar)


def mid_large(threads: int, cycles: int) -> Row:
    """8 to 32 KiB on several threads."""
    load = f"8..32 KiB at random, {threads} threads"
    return _row("bench_mid_large_mt", f"{threads} {cycles} 2048 42", threads, load, bar=1.3)


def vm_mixed(cycles: int) -> Row:
    """512 KiB to 2 MiB, sparsely touched."""
    load = "512 KiB..2 MiB, sparsely touched"
    return _row("bench_vm_mixed", f"{cycles} 256 424242", 1, load, bar=2.0)


def vm_touched(cycles: int) -> Row:
    """512 KiB to 2 MiB, every page touched."""
    load = "512 KiB..2 MiB, every page touched, which takes most of the time"
    return _row("bench_vm_touched", f"{cycles} 256 424242", 1, load, bar=1.5)


def tiny_hot(size: int, cycles: int) -> Row:
    """Batches of 100 blocks, last in, first out: calls overlap with each other and the loop."""
    load = f"{size} B, batches of 100, calls overlap"
    return _row("bench_tiny_hot", f"{size} 100 {cycles}", 1, load, bar=1.0, floor_bar=0.92)


def tiny_one(size: int, cycles: int) -> Row:
    """One block, freed before the next is allocated: each call waits for what the last one
    stored, and nearly all of the time is the allocator's."""
    load = f"{size} B, each block freed before the next"
    return _row("bench_tiny_hot", f"{size} 1 {cycles}", 1, load, bar=1.0)


def batch(size: int, cycles: int, order: str) -> Row:
    """Batches deeper than caches."""
    load = f"{size} B, batches of 512, freed {order}"
    return _row("bench_batch", f"{size} 512 {cycles} {order}", 1, load, bar=1.0)


def cold(cycles: int, slots: int, least: int, most: int, freed: str) -> Row:
    """Blocks replaced at random; `freed` is "read", just before it, or "unread"."""
    load = f"{least}..{most} B, one of {slots} replaced at random, freed {freed}"
    return _row("bench_cold", f"{cycles} {slots} {least} {most} {freed} 42", 1, load)


def prodcons(threads: int, cycles: int, size: int) -> Row:
    """Half the threads allocate, the other half frees."""
    load = f"16..{size} B from producers to consumers, {threads} threads"
    return _row("bench_prodcons", f"{threads} {cycles} {size} 42", threads, load, bar=1.0)


def churn(threads: int, generations: int) -> Row:
    """Threads that exit and leave blocks behind."""
    load = f"16..2048 B, {threads} short-lived threads at a time and a survivor"
    return _row("bench_churn", f"{threads} {generations} 2000 42", threads + 1, load, bar=1.0)


def realloc(cycles: int, most: int, seed: int = 42) -> Row:
    """Growing vectors, up to `most` bytes.  Where large ones come to lie depends on the seed."""
    bar = 2.0 if most > 1 << 20 else 1.0
    load = f"vectors that grow, to at most {most} B" + (f", seed {seed}" if seed != 42 else "")
    return _row("bench_realloc", f"{cycles} {most} {seed}", 1, load, bar=bar)


def calloc(cycles: int) -> Row:
    """16 bytes to 4 MiB, every page touched."""
    return _row("bench_calloc", f"{cycles} 64 42", 1, "16 B..4 MiB from calloc: clearing", bar=1.0)


def false_sharing(threads: int, cycles: int, size: int) -> Row:
    """Blocks smaller than a cache line, written to by several threads."""
    load = f"{size} B, written to by {threads} threads, slow where they share a cache line"
    return _row("bench_false_sharing", f"{threads} {cycles} {size}", threads, load, bar=1.0)


def idle(megabytes: int) -> Row:
    """The memory that is resident two seconds after everything was freed."""
    return _row("bench_idle", f"{megabytes} 2", 1, "16 B..1 MiB, freed, then nothing",
                idle_bar=0.10)


# A run of the quick set takes a third of a second at most with most variants, so that 18 variants
# and twelve rounds stay below five minutes on two cores.  The fastest variants are timed for 15 to 60
# ms: on a machine with two cores the speeds of such runs spread as those of runs ten times as long.
QUICK = (
    tiny_one(32, 5_000_000),
    tiny_hot(32, 200_000),
    random_mixed(5_000_000, 8192),
    random_mixed(6_000_000, 400),
    larson("0.15", 1, rounds=1000),
    larson("0.15", 2, rounds=1000),
    mid_large(2, 1_000_000),
    vm_mixed(100_000),
)

# Rows about as short, run only for programs that --bench names.
QUICK_BY_NAME = (
    batch(4096, 5_000, "random"),
    batch(256, 30_000, "random"),
    cold(2_000_000, 400_000, 16, 512, "unread"),
    cold(2_000_000, 256, 32_769, 65_536, "unread"),
    prodcons(2, 4_000_000, 1024),
    churn(2, 1_000),
    realloc(300_000, 4096),
    realloc(50, 64 << 20),
    calloc(10_000),
    vm_touched(20_000),
    false_sharing(2, 3_000_000, 16),
    idle(256),
)

# Longer runs, so that each variant is timed for 50 ms or more, and rows for more questions.
FULL = (
    tiny_one(32, 20_000_000),
    tiny_hot(8, 1_000_000),
    tiny_hot(16, 1_000_000),
    tiny_hot(32, 1_000_000),
    tiny_hot(64, 1_000_000),
    random_mixed(20_000_000, 8192),
    random_mixed(20_000_000, 400),
    larson("3", 1),
    larson("3", 2),
    larson("3", 4),
    larson("3", 8),
    larson("1", 1, rounds=1000),
    larson("1", 2, rounds=1000),
    larson("1", 4, rounds=1000),
    larson("1", 8, rounds=1000),
    mid_large(2, 8_000_000),
    mid_large(4, 8_000_000),
    vm_mixed(200_000),
    vm_touched(20_000),
    batch(4096, 10_000, "fifo"),
    batch(4096, 10_000, "lifo"),
    batch(4096, 10_000, "random"),
    batch(256, 40_000, "fifo"),
    batch(256, 40_000, "lifo"),
    batch(256, 40_000, "random"),
    cold(5_000_000, 400_000, 16, 512, "unread"),
    cold(5_000_000, 400_000, 16, 512, "read"),
    cold(5_000_000, 256, 32_769, 65_536, "unread"),
    prodcons(2, 5_000_000, 1024),
    prodcons(4, 5_000_000, 1024),
    churn(2, 2_000),
    realloc(600_000, 4096),
    realloc(100, 64 << 20),
    calloc(20_000),
    false_sharing(2, 6_000_000, 16),
    false_sharing(2, 6_000_000, 64),
    idle(256),
)


def every() -> list[Row]:
    """The rows of all sets, each once."""
    return list(dict.fromkeys((*QUICK, *QUICK_BY_NAME, *FULL)))


def sanity_row(program: str) -> Row:
    """The sanity run of a program, on as many threads as its row with the fewest."""
    threads = min(row.threads for row in FULL if row.program == program)
    return _row(program, PROGRAMS[program].sanity, threads, "sanity")


def select(full: bool, programs: list[str], threads: list[int],
           where: str = "--bench") -> list[Row]:
    """The rows of these programs and numbers of threads; an empty list stands for all.

    Raises UsageError for a program that no row has, and if nothing is left; `where` is the option
    or the argument that the programs come from.
    """
    rows = FULL if full else QUICK + QUICK_BY_NAME if programs else QUICK
    return narrow(rows, programs, threads, where)


def narrow(rows: Sequence[Row], programs: list[str], threads: list[int],
           where: str = "--bench") -> list[Row]:
    """The rows that have one of the programs and one of the numbers of threads; an empty list
    stands for all.  Raises as select does."""
    known = sorted({row.program for row in rows})
    for name in programs:
        if not any(_matches(row, name) for row in rows):
            raise UsageError(f"{where}: there is no {name}; there are {', '.join(known)}")
    chosen = [
        row
        for row in rows
        if (not programs or any(_matches(row, name) for name in programs))
        and (not threads or row.threads in threads)
    ]
    if not chosen:
        there = sorted({row.threads for row in rows})
        raise UsageError(
            f"--threads: no row of these benchmarks has {_list(threads)} threads; "
            f"there are rows with {_list(there)}"
        )
    return chosen


def _matches(row: Row, name: str) -> bool:
    return name in (row.program, row.program.removeprefix("bench_"))


def _list(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers)
