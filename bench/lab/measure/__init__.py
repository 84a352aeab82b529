"""A measurement as a whole.

    conduct.py        runs are made, judged, written and shown, once each, in this order
    matrix_report.py  the report of many variants
    pairs_report.py   the report of variants against the first of them
    asked.py          how long: so many rounds, or until the answer is known
    in_pairs.py       variants against the first, as the options of a command say
"""
