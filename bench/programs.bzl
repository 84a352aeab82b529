"""The benchmark programs; each is <name>.c in this package."""

PROGRAMS = [
    "larson",
    "bench_random_mixed",
    "bench_mid_large_mt",
    "bench_vm_mixed",
    "bench_tiny_hot",
]
