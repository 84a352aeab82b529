"""Where a program spends its time: profilers and flame graphs.

    profiled.py        the program that is profiled
    stacks.py          sampled stacks, and the functions on them
    flame.py           a flame graph
    owner.py           whose a function is: hakmem's, the program's, a library's
    shares.py          what was found: functions, whose they are, their shares
    shares_summary.py  the same as words
    profiler.py        what a tool has to offer
    callgrind.py       the tool that counts instructions
    sampling.py        the tool that takes samples: perf
    profiling.py       a profile as a whole: recorded, reported, shown
"""
