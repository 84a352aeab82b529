"""Judged numbers as tables and sentences, and the writers of tables.

    table.py            a table as it is shown
    markdown.py         the writer of Markdown
    csv_file.py         the writer of CSV
    terminal.py         the writer of tables on the terminal
    numbers.py          numbers and intervals as text
    cell_table.py       the cells of a row, and the means
    asked_tables.py     bars and targets
    change_table.py     changes since an earlier measurement
    pair_words.py       comparisons of B with A as sentences
    pair_table.py       the same as tables
    matrix_summary.py   summary.md of the matrix
    matrix_terminal.py  the matrix on the terminal
    pair_summary.py     summary.md of a comparison
    pair_terminal.py    a comparison on the terminal
"""
