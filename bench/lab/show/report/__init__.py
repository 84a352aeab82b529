"""report.html: one file that opens from disk, with charts, all tables and all runs.

    page.py, page.html.j2   the page, and what is inlined into it
    blocks.py               tables as words
    charts.py, classes.py   numbers for the charts, as plain dicts and lists
    looks.py                colours and marks of the variants
    page.css, *.js          how it looks and what it does; Chart.js draws
"""

from bench.lab.show.report.blocks import Block, Line
from bench.lab.show.report.page import render

__all__ = ["Block", "Line", "render"]
