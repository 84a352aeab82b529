"""The laboratory tested on itself: how small a difference it can show, how often it finds a false
one.

    blocks.py        blocks of pairs without a difference, or with a known one, each judged
    noise_report.py  what the blocks come to
"""
