"""The writer of CSV."""

import csv
import io
import math
from collections.abc import Iterable, Sequence

from bench.lab.stats.estimate import Estimate


def text(columns: Sequence[str], lines: Iterable[Iterable[object]]) -> str:
    """The whole file; None is an empty field."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return file.getvalue()


def numbers(values: Iterable[float | None], digits: int) -> list[str]:
    """With so many significant digits; empty for None and for what has no bound."""
    return ["" if value is None or math.isinf(value) else f"{value:.{digits}g}"
            for value in values]


def ends(estimate: Estimate | None) -> tuple[float | None, float | None]:
    """Low and high end of the interval; None if there is none or it comes from too few runs."""
    return (estimate.low, estimate.high) if estimate and estimate.enough else (None, None)
