"""counts.csv and counts.json."""

import dataclasses
import os
from collections.abc import Iterator

from bench.lab.count.found import Entry, Found, RowFound
from bench.lab.count.kinds import FAULTS
from bench.lab.show import csv_file

COLUMNS = ("benchmark", "parameters", "variant_a", "variant_b", "kind", "a", "b", "difference",
           "worth_ns", "exact_a", "exact_b", "spread_a", "spread_b", "bytes_of_one")
_LINE = 64  # bytes of a line of the simulated caches
_DIGITS = 9


def csv(found: Found) -> str:
    """counts.csv: a line for each row and kind.

    Numbers are those of one operation, of a whole run where the row is a command; kinds that end
    with _ns are times in ns.  What cannot be counted is empty.  `exact_a` and `exact_b` are yes or
    no, the spread is the distance of the extremes over the median.  `bytes_of_one` is how much
    memory one of the kind touches.
    """
    return csv_file.text(COLUMNS, (line for row in found.rows for line in _lines(row, found)))


def _lines(row: RowFound, found: Found) -> Iterator[list[str]]:
    for entry in row.entries:
        exact = ["" if one is None else "yes" if one.exact else "no" for one in entry.counted]
        spread = [None if one is None else one.spread for one in entry.counted]
        yield [row.row.program, row.row.params, found.a.name, found.b.name, entry.kind.name,
               *csv_file.numbers((entry.a, entry.b, entry.difference, entry.ns), _DIGITS), *exact,
               *csv_file.numbers(spread, 3), bytes_of_one(entry) or ""]


def bytes_of_one(entry: Entry) -> int | None:
    """Bytes of memory that one of the kind touches; None for what is no touch."""
    if entry.kind.name == FAULTS.name:
        return os.sysconf("SC_PAGE_SIZE")
    return _LINE if entry.kind.name.startswith(("l1_misses", "l2_misses")) else None


def json(found: Found, about: dict) -> dict:
    """counts.json: the same, with every repetition, what each run counted, and the prices."""
    return {
        "about": about, "costs_ns": found.costs and dataclasses.asdict(found.costs),
        "left_out": found.left_out, "failures": found.failures,
        "rows": [_row(row, found) for row in found.rows],
    }


def _row(row: RowFound, found: Found) -> dict:
    return {
        "program": row.row.program, "parameters": row.row.params, "threads": row.row.threads,
        "verdict": row.comparison.verdict, "pairs": row.comparison.rounds,
        "in_words": row.sentence(found.a.name, found.b.name),
        "counted_at": [part.params for part in (row.amounts.less, row.amounts.more)
                       if part],
        "kinds": {entry.kind.name: {
            "a": entry.a, "b": entry.b, "worth_ns": entry.ns,
            "repetitions": [one and list(one.values) for one in entry.counted],
            "exact": [one and one.exact for one in entry.counted]} for entry in row.entries},
        "parts_ns": {part.kind: part.ns for part in row.parts},
        "runs": {side: counts.tallies for side, counts in zip("ab", row.counts)},
    }
