"""The studies that have a command of their own: what they ask, and which rows answer it."""

from dataclasses import dataclass

from bench.lab.select import rows
from bench.lab.select.row import Row


@dataclass(frozen=True)
class Study:
    """One command.  The variants are those of the target of the same name in bench/BUILD.bazel."""

    question: str
    rows: tuple[Row, ...]
    reps: int


STUDIES = {
    "random_mixed_ab": Study(
        "What do paths of their own for the smallest classes, and the depth of the thread caches, "
        "do for mixed sizes at two working sets?",
        (rows.random_mixed(12_000_000, 8192), rows.random_mixed(20_000_000, 400)),
        reps=9,
    ),
    "larson_ab": Study(
        "What does a profile-guided build of the allocator gain, for blocks that threads hand to "
        "each other?",
        tuple(rows.larson("0.5", threads, rounds=1000) for threads in (1, 4, 8)),
        reps=15,
    ),
    "mid_large_mt_ab": Study(
        "How should buffers of 8 to 32 KiB be cached by threads: as arrays or as lists, how many "
        "bytes of them, with how many batches between threads?",
        (rows.mid_large(2, 8_000_000), rows.mid_large(4, 8_000_000)),
        reps=15,
    ),
    "vm_mixed_ab": Study(
        "What is the cache of large blocks worth, and how many bytes should it have?",
        (rows.vm_mixed(200_000), rows.vm_touched(20_000)),
        reps=15,
    ),
}

# The rows of //bench:noise.  Each takes some 50 ms: of the same time, more layouts tell more than
# longer runs.  Each program has an amount of work, which //bench:noise increases.
NOISE = (
    rows.tiny_hot(32, 200_000),
    rows.tiny_one(32, 4_000_000),
    rows.random_mixed(6_000_000, 400),
    rows.random_mixed(5_000_000, 8192),
    rows.batch(256, 20_000, "random"),
    rows.cold(2_500_000, 50_000, 16, 512, "unread"),
    rows.mid_large(2, 4_000_000),
    rows.prodcons(2, 2_500_000, 1024),
    rows.vm_mixed(100_000),
    rows.realloc(200_000, 4096),
    rows.false_sharing(2, 2_500_000, 64),
)
