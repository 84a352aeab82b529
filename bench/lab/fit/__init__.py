"""Profiles fitted to programs, and what they gain.

    fitted.py      each program recorded, with a profile fitted to it and the row that measures it
    fit_table.py   what the profiles gain, as a table and as fit.csv
    fit_report.py  the report as a whole
"""
