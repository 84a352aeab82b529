"""The laboratory's judging, tried on made-up runs whose truth is known: how far to trust it.

    settings.py   how runs vary: a setting for each kind of noise
    figures.py    what is counted over many reports, and what was promised
    made_up.py    runs out of numbers
    in_pairs.py   two variants: false and missed differences, wrong "same"
    in_matrix.py  many variants: bars, strengths, changes since an earlier measurement
    in_time.py    several occasions as one; measurements that end when the answer is known
    reports.py    all of it, in each setting
    tables.py     what it comes to, as tables, sentences, CSV and JSON
"""
