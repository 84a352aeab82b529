"""The laboratory tested on itself: how small a difference it shows, how often it finds a false one.

    known.py         pairs of variants whose difference is known: none, or so much
    trials.py        whole measurements of such pairs, each judged
    noise_report.py  what the trials come to
"""
