"""The calls of a recorded program again, with any allocator.

    plan.py           plans of a replay and cuts of a trace, which a program in C makes
    recorded.py       a recorded program as a load: its trace, the plan, the row
    shrink.py         from a trace that fails to the few calls that it takes
    c_program.py      the calls of a short trace as a C program
    failing.py        what --shrink does: from a variant that fails to a file with few calls
    agreement.py      whether what was replayed is what was recorded
    replay_report.py  the report of a replay
"""
