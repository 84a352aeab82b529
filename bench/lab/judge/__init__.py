"""What the runs show.  Only numbers and verdicts: show/ has the words.

    scale.py            by ratio or by difference
    paired.py           what the pairs of two variants show
    measures.py         the numbers of a run that are compared, and which way is better
    cells.py            one variant in one row; means over all rows; the fastest peer
    compare.py          variants against one, pair by pair, and how sure each difference is
    tally.py            comparisons of one measure over all rows
    outliers.py         runs that lie far from the others
    bars.py             what is asked of the default profile in each row
    strengths.py        where the default profile is fast, where slow, what stands out there
    regress.py          this measurement against an earlier one: what got better or worse
    project_targets.py  the targets that the project began with
    pairs.py            all that a measurement in pairs shows
    matrix.py           all that a measurement of many variants shows
"""
