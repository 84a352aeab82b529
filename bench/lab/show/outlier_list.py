"""Outliers as a section of summary.md."""

from bench.lab.judge import stats
from bench.lab.judge.measures import lead
from bench.lab.judge.outliers import FENCE, Outliers
from bench.lab.show import markdown

SHOWN = 20


def section(outliers: Outliers) -> list[str]:
    """Nothing without outliers, if there are enough runs to tell."""
    found = outliers.found
    if outliers.most and not stats.enough_pairs(outliers.most):
        return markdown.section("Outliers", f"No verdict: {stats.too_few(outliers.most)}.")
    if not found:
        return []
    lines = [f"{one.row.title}, {one.variant}, round {one.rep}: "
             f"{one.ratio:.2f} of the median {lead(one.row).name}" for one in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more")
    return markdown.section(
        "Outliers",
        f"{len(found)} runs lie more than {FENCE} interquartile ranges outside the middle half of "
        "the runs of their row and variant. An interquartile range is how far that middle half "
        "reaches, from the slowest of it to the fastest. All runs count.",
        markdown.bullets(lines))
