"""Two variants compared in counts, which do not depend on luck, and what the counts say of a
difference in time.

    counted.py       a count an operation, from runs of two amounts of work
    kinds.py         what is counted, and by which tool
    profile_data.py  the data that callgrind writes
    code.py          instructions in a file: atomic ones, and those that acquire a lock
    instructions.py  one run under callgrind: instructions, memory, locks
    syscalls.py      one run under strace: system calls
    kernel_costs.py  what the kernel takes on this machine for a page and for a call
    counter.py       all counts of one variant in one row, at two amounts of work
    spent.py         what an operation took: in the program, in the kernel, waiting
    explain.py       what the differences in counts are worth in a difference in time
    found.py         a row and all rows as found, and the sentences about them
    count_table.py   the same as tables on the terminal and as summary.md
    count_files.py   the same as counts.csv and counts.json
    counting.py      a comparison as a whole: timed, counted, explained, shown
"""
