"""What to run: rows and variants, from the command line and from what the build made.

    programs.py       the benchmark programs: what each does, what its arguments mean
    row.py            a row of the results: one program with its arguments
    rows.py           the rows of the matrix
    anycommand.py     any command as a row
    real_programs.py  real programs as loads, each with three inputs
    studies.py        the rows of the studies that have a command of their own
    question.py       what a comparison of two variants is asked
    variant.py        a variant: one allocator, and the programs linked with it
    manifest.py       the list of variants that the build made
    preload.py        libraries from elsewhere, as variants
    inventory.py      all of it as plain values, for //bench:list
    axes.py           the axes of a sweep, and whether they give allocators
    building.py       variants that a command builds itself
    options.py        the options that the commands share
"""
