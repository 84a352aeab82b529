"""The commands of the laboratory, each `bazel run //bench:NAME`; --help says what it takes.

    lab/           all that they have in common
    list.py        what there is to be measured
    matrix.py      all programs over all variants, as one table
    ab.py          which of two allocators is better, by how much, how sure
    pool.py        measurements of several days, boots or machines as one
    sweep.py       variants of a profile that differ in a few keys, built and measured
    study.py       the sweeps that have a target of their own
    bisection.py   which key of two profiles, or which commit of two, makes the difference
    history.py     how each row and variant did over time, and when that changed
    noise.py       how small a difference this machine can show
    simulate.py    how far the judging can be trusted, on made-up runs
    perf.py        where one benchmark program spends its time
    count.py       two allocators in counts, which do not depend on luck
    replay.py      the calls of a recorded program again
    header_ab.py   the three class lookups over all loads
    fit_study.py   what profiles fitted to programs gain

programs/ has the benchmark programs, harness/ what they share, ref/ the reference allocators,
replayer/ the program that makes recorded calls again.
"""
