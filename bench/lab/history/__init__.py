"""Many measurements as a history: how each row and variant did over time, and when that changed.

    names.py           the rows and variants that names in results stand for
    circumstances.py   what run.json says of where and how a measurement was made
    measurements.py    folders of results, found and read, in the order of time
    series.py          a point for each measurement: each row and variant as series
    energy.py          where a series changes, and how likely that is chance
    levels.py          the levels of many series, judged together
    judge.py           what all of it shows
    tables.py          the same as tables and sentences
    history_files.py   history.csv, history.json
    history_page.py    report.html
    history_report.py  all of it, written and shown

history.html.j2 is the page, history.js draws its charts; the rest of it is that of bench/lab/page.
"""
