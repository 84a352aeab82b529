"""Several measurements of the same variants as one: other days, boots, machines.

    occasion.py        one folder of results: an occasion
    together.py        the effects of all occasions, joined and judged
    circumstances.py   in what the occasions differ, and what makes the joined result doubtful
    occasion_table.py  the occasions as tables and as CSV
    pool_report.py     comparisons.csv, occasions.csv, summary.md, run.json; the terminal
    spread.py          a measurement that is made on several occasions, with pauses
"""
