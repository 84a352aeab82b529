"""report.html: one file that opens from disk, with charts, all tables and all runs.

    classes.py      size classes of the profiles, for their charts
    looks.py        colours and marks of the variants
    charts.py       numbers for the charts, as plain dicts and lists
    page_tables.py  the tables of rows, and those of the matrix
    page.py         the page, and what is inlined into it
    matrix_page.py  the page of the matrix
    pair_page.py    the page of a comparison

web/ has what the browser gets: page.html.j2 is the page, parts.html.j2 what other pages have too,
page.css how it looks, the scripts what it does; Chart.js draws.
"""
