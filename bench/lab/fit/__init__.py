"""Profiles fitted to programs, and what they gain.

    loads.py       the programs, with the inputs that they are recorded and measured with
    fitted.py      each program recorded, with a profile fitted to it and the row that measures it
    fit_table.py   what the profiles gain, as a table and as fit.csv
    fit_report.py  the report as a whole
"""
