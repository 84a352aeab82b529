"""Study: which key of two profiles, or which commit of two, makes the difference between them.

    ddmin.py           the smallest part of a set that still has a property
    keys.py            the keys in which two profiles differ, and what must change together
    sought.py          the difference that is sought, and whether a step has it
    journal.py         what was measured, and what is left
    meter.py           one step: two variants in the row, until the answer is known
    by_keys.py         the search among keys
    revisions.py       the history of the workspace, and git's own bisection
    worktree.py        commits, checked out and built aside
    by_commits.py      the search among commits
    bisect_report.py   bisect.csv, bisect.json, summary.md; the terminal
    searching.py       a search as a whole
"""
