"""The benchmark programs: what each does, and what their arguments mean."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One of bench/programs/*.c."""

    load: str  # for people: what it does
    sanity: str  # the arguments of its shortest useful run: does the binary work at all?
    amount: int | None = None  # index of the argument that its work is proportional to
    threads: int | None = None  # index of the argument that says how many; None: one thread
    beside: int = 0  # further threads
    # Whether `null` and `floor` can run it: they give back only what free gets from malloc.
    references: bool = True

    def threads_of(self, args: Sequence[str]) -> int:
        """How many threads it runs on with these arguments; 1 if they do not say."""
        if self.threads is None or len(args) <= self.threads or not args[self.threads].isdigit():
            return 1
        return int(args[self.threads]) + self.beside


PROGRAMS = {
    "larson": Program("threads replace random blocks and hand them to fresh threads",
                      "0.02 8 128 16 1 1 1", threads=6),
    "bench_random_mixed": Program("one thread replaces blocks in random slots, 16..8192 B",
                                  "2000 64 1", 0),
    "bench_mid_large_mt": Program("threads replace blocks in random slots, 8..32 KiB",
                                  "1 2000 64 1", 1, threads=0),
    "bench_vm_mixed": Program("one thread, 512 KiB..2 MiB, a byte in each 64 KiB written",
                              "100 8 1", 0),
    "bench_vm_touched": Program("one thread, 512 KiB..2 MiB, a byte in each 4 KiB written",
                                "100 8 1", 0),
    "bench_tiny_hot": Program("one thread, batches of blocks, freed last in, first out",
                              "16 10 100", 2),
    "bench_batch": Program("batches deeper than caches, freed in three orders",
                           "4096 64 10 random", 2),
    "bench_cold": Program("one thread replaces random blocks that no cache holds",
                          "2000 64 16 512 unread 1", 0),
    "bench_prodcons": Program("threads allocate what other threads free", "2 2000 1024 1", 1,
                              threads=0),
    "bench_churn": Program("short-lived threads leave blocks to a survivor", "2 2 100 1", 1,
                           threads=0, beside=1),
    "bench_realloc": Program("vectors that grow by realloc", "20 65536 1", 0, references=False),
    "bench_calloc": Program("one thread, 16 B..4 MiB from calloc, touched", "100 8 1", 0,
                            references=False),
    "bench_false_sharing": Program("threads write to blocks smaller than a cache line",
                                   "2 100 16", 1, threads=0),
    "bench_idle": Program("what stays resident when all was freed and nothing is called",
                          "1 0.1", references=False),
}
