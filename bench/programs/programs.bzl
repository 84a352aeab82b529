"""The benchmark programs; each is <name>.c in this package."""

PROGRAMS = [
    "larson",
    "bench_random_mixed",
    "bench_mid_large_mt",
    "bench_vm_mixed",
    "bench_tiny_hot",
    "bench_batch",
    "bench_cold",
    "bench_prodcons",
    "bench_churn",
    "bench_realloc",
    "bench_calloc",
    "bench_vm_touched",
    "bench_false_sharing",
    "bench_idle",
]

# Linked with every allocator too, but no benchmark: whether the allocator is right.
SANITY = "bench_sanity"

# The compiler knows nothing of malloc, so that no pair of malloc and free is left out.
COPTS = [
    "-O2",
    "-Wall",
    "-Wextra",
    "-fno-builtin",
]
