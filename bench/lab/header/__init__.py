"""The header study: the class of a block in the byte before it, in the page map, in the address.

    rows.py           the rows and variants
    lookups.py        what the runs show: each lookup against the page map
    peak.py           the blocks that a program had in use at its peak
    rounding.py       what the blocks of a size mix take with each lookup
    recorded.py       the real programs, recorded
    document.py       docs/header-classidx.md, from what was found
    header_report.py  the report as a whole: pairs, rounding, the document
"""
