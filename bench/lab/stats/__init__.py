"""Methods of statistics, on plain numbers.  No assumption about how runs vary but that pairs vary
alike in both directions.

    estimate.py      a number with its interval; how sure verdicts are
    families.py      many tests together, and how few rounds can show nothing
    signed_ranks.py  the centre of paired differences: estimate, interval and test in one
    rank_sums.py     the same of two samples that are no pairs
    units.py         rounds of the same layout as one value
    medians.py       the median of a sample
    shares.py        how often something happened
    looks.py         looking at growing data again and again
    occasions.py     several measurements as one
"""
