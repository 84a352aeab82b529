"""The rows of the matrix: which program runs with which arguments.  The only place that says so."""

from dataclasses import dataclass


class UsageError(Exception):
    """Wrong use of a command; the message says what there is instead.  Exit status 2."""


@dataclass(frozen=True)
class Row:
    """One program with its arguments."""

    program: str
    args: tuple[str, ...]
    threads: int
    load: str  # for people: what is measured

    @property
    def params(self) -> str:
        """The arguments in one word group, as in the results."""
        return " ".join(self.args)

    @property
    def key(self) -> str:
        """A name for files."""
        return f"{self.program}-{'-'.join(self.args)}"


def _row(program: str, args: str, threads: int, load: str) -> Row:
    return Row(program, tuple(args.split()), threads, load)


def larson(seconds: str, threads: int) -> Row:
    """8 to 128 bytes, 1024 blocks a thread, the seed's own parameters but for the time."""
    args = f"{seconds} 8 128 1024 1 12345 {threads}"
    return _row("larson", args, threads, f"threads that come and go, {threads} at once")


def random_mixed(cycles: int, slots: int) -> Row:
    """16 to 8192 bytes in `slots` slots."""
    load = f"16..8192 B at random, {slots} slots"
    return _row("bench_random_mixed", f"{cycles} {slots} 42", 1, load)


def mid_large(threads: int, cycles: int) -> Row:
    """8 to 32 KiB on several threads."""
    load = f"8..32 KiB at random, {threads} threads"
    return _row("bench_mid_large_mt", f"{threads} {cycles} 2048 42", threads, load)


def vm_mixed(cycles: int) -> Row:
    """512 KiB to 2 MiB, sparsely touched."""
    return _row("bench_vm_mixed", f"{cycles} 256 424242", 1, "512 KiB..2 MiB, sparsely touched")


def tiny_hot(size: int, cycles: int) -> Row:
    """Batches of 100 blocks, last in, first out."""
    return _row("bench_tiny_hot", f"{size} 100 {cycles}", 1, f"{size} B, batches of 100")


# Each run of the quick set takes a fraction of a second, so that all variants and repetitions
# together stay below five minutes on two cores.
QUICK = (
    tiny_hot(32, 300_000),
    random_mixed(6_000_000, 8192),
    random_mixed(6_000_000, 400),
    larson("0.3", 1),
    larson("0.3", 2),
    mid_large(2, 2_000_000),
    vm_mixed(100_000),
)

FULL = (
    tiny_hot(32, 60_000),
    tiny_hot(64, 60_000),
    random_mixed(400_000, 8192),
    random_mixed(400_000, 400),
    random_mixed(100_000, 8192),
    random_mixed(100_000, 400),
    larson("10", 1),
    larson("10", 4),
    larson("10", 8),
    mid_large(2, 40_000),
    mid_large(4, 40_000),
    vm_mixed(20_000),
    vm_mixed(5_000),
)

# The shortest useful run of each program: does the binary work at all?
SANITY = {
    "larson": "0.02 8 128 16 1 1 1",
    "bench_random_mixed": "2000 64 1",
    "bench_mid_large_mt": "1 2000 64 1",
    "bench_vm_mixed": "100 8 1",
    "bench_tiny_hot": "16 10 100",
}


def sanity_row(program: str) -> Row:
    """The sanity run of a program."""
    return _row(program, SANITY[program], 1, "sanity")


def select(rows: tuple[Row, ...], programs: list[str], threads: list[int]) -> list[Row]:
    """The rows of these programs and numbers of threads; an empty list stands for all.

    Raises UsageError for a program that no row has, and if nothing is left.
    """
    known = sorted({row.program for row in rows})
    for name in programs:
        if not any(_matches(row, name) for row in rows):
            raise UsageError(f"--bench: there is no {name}; there are {', '.join(known)}")
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
