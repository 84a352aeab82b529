"""Running it: single runs, their order, and the folder that keeps their results.

    draw.py              where code and data lie, drawn anew in each round
    schedule.py          which run comes when
    runs.py              what was measured: single runs, and all of them by row and variant
    folder.py            the folder of one measurement: results.csv, raw/, run.json
    earlier.py           an earlier measurement, read back from its folder
    until.py             when a measurement ends
    execute.py           one run of one program
    sanity.py            whether variants work at all, before anything is measured
    recorded_program.py  a real program, run with the recorder
    session.py           one measurement, from the sanity runs to the last run
"""
