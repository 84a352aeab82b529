"""Numbers for the charts: plain dicts and lists that go into the page as JSON.

An estimate is [value, low, high]; low and high are None where too few runs give no interval that
could be trusted.  What the rows are about is in `measure`'s unit, memory MiB, latencies ns.
Variants and rows are named by their index in `variants` and `rows`.
"""

import math
import statistics

from bench.lab.judge import stats
from bench.lab.judge.analysis import Table
from bench.lab.judge.measures import lead
from bench.lab.judge.stats import Estimate
from bench.lab.show.report.classes import class_charts
from bench.lab.show.report.looks import looks
from bench.lab.select.rows import LAUNCHER, Row, shell
from bench.lab.select.variants import Variant
from bench.lab.show import text

LATENCIES = ("p50_ns", "p99_ns", "p999_ns", "max_ns")
NUMBERS = ("ops_per_s", "ops", "seconds", "peak_rss_kib", "rss_kib", "minor_faults", "user_s",
           "sys_s", *LATENCIES)
FEW_VARIANTS = 8  # up to so many are all shown from the start
FEW_DOTS = 48  # up to so many fit one chart of ratios


def chart_data(table: Table, base: str) -> dict:
    """Everything the charts and the table of runs need; ratios are to `base`."""
    look = looks(table.variants)
    main = _main(table.variants)
    rows = [_row(table, row, base) for row in table.rows]
    measure = lead(table.rows[0])
    return {
        "base": base,
        "measure": {"name": measure.name, "unit": measure.unit,
                    "axis": text.columns(table.rows[0])[1], "more": measure.more_is_better},
        "variants": [
            {"name": v.name, "family": look[v.name].family, "colour": look[v.name].colour,
             "mark": look[v.name].mark, "sign": look[v.name].sign, "main": v.name in main}
            for v in table.variants
        ],
        "rows": rows,
        "ratios": _ratio_groups(table, len(main) - (base in main)),
        "scaling": scaling(table.rows),
        "latency": any(cell["latency"] for row in rows for cell in row["cells"]),
        "classes": class_charts([v.profile for v in table.variants if v.profile]),
        "runs": _runs(table),
    }


def base_of(table: Table, asked: str) -> str:
    """The variant that ratios are taken against: `asked`, or the first if it was not measured."""
    names = [variant.name for variant in table.variants]
    return asked if asked in names else names[0]


def _main(variants: list[Variant]) -> set[str]:
    """What the charts show from the start: all variants but the references, if there are few;
    else the default profile and what is linked as it is and no profile."""
    plain = [v for v in variants if v.kind != "reference"]
    if len(plain) <= FEW_VARIANTS:
        return {v.name for v in plain}
    profiles = [v for v in plain if v.kind == "profile"]
    first = [v for v in profiles if v.profile == "default"][:1] or profiles[:1]
    return {v.name for v in first + [v for v in plain if v.is_peer]}


def _estimate(one: Estimate | None) -> list | None:
    if one is None or not math.isfinite(one.value):
        return None
    return [_short(one.value), *(_short(x) if one.enough else None for x in (one.low, one.high))]


def _short(value: float) -> float:
    """Six digits: no chart shows more."""
    return float(f"{value:.6g}")


def _exact(value: float) -> float:
    """As results.csv has it."""
    return int(value) if value == int(value) else round(value, 6)


def _row(table: Table, row: Row, base: str) -> dict:
    cells = []
    for index, variant in enumerate(table.variants):
        cell = table.cell(row, variant)
        if cell.speed is None:
            continue
        cells.append({
            "variant": index,
            "value": _estimate(cell.shown),
            "ratio": _estimate(_ratio(table, row, variant, base)),
            "rss": _short(cell.rss_mib),
            "latency": latencies(table, row, variant.name),
        })
    return {"program": row.program, "params": row.params, "title": row.title,
            "load": row.load, "cells": cells}


def _ratio(table: Table, row: Row, variant: Variant, base: str) -> Estimate | None:
    """To `base`, for a static variant to the base that is linked as it is, if there is one."""
    if base == "system":
        return table.cell(row, variant).vs_system
    return stats.ratio(table.values(row, variant.name), table.values(row, base))


def latencies(table: Table, row: Row, name: str) -> list[float | None] | None:
    """Medians of what LATENCIES names; None where the program does not say, and if for all."""
    runs = table.runs(row, name).values()
    medians = [statistics.median(getattr(run, key) for run in runs) if runs else 0
               for key in LATENCIES]
    return [value or None for value in medians] if any(medians) else None


def front(table: Table, row: Row) -> list[str]:
    """The Pareto front of speed and peak RSS, by medians: variants that none beats in the one
    without losing in the other.  The fastest comes first; references do not take part."""
    cells = [table.cell(row, v) for v in table.variants if v.kind != "reference"]
    cells = sorted((cell for cell in cells if cell.speed),
                   key=lambda cell: (-cell.speed.value, cell.rss_mib))
    found, leanest = [], math.inf
    for cell in cells:
        if cell.rss_mib < leanest:
            found.append(cell.variant.name)
            leanest = cell.rss_mib
    return found


def _ratio_groups(table: Table, dots: int) -> list[dict]:
    """Which rows share a chart of ratios: all, or those of a program; `dots` is how many variants
    a row shows."""
    everything = list(range(len(table.rows)))
    if len(everything) * dots <= FEW_DOTS:
        return [{"title": "", "rows": everything}]
    programs = dict.fromkeys(row.program for row in table.rows)
    return [{"title": program,
             "rows": [i for i in everything if table.rows[i].program == program]}
            for program in programs]


def scaling(rows: list[Row]) -> list[dict]:
    """Rows that differ in nothing but their threads, two and more together."""
    groups: dict[tuple, dict[int, int]] = {}
    for index, row in enumerate(rows):
        if row.program == LAUNCHER:
            continue
        for place, word in enumerate(row.args):
            if word == str(row.threads):
                args = shell([*row.args[:place], "T", *row.args[place + 1:]])
                groups.setdefault((row.program, args), {})[row.threads] = index
    return [{"title": f"{program} {args}", "threads": sorted(found),
             "rows": [found[n] for n in sorted(found)]}
            for (program, args), found in groups.items() if len(found) > 1]


def _runs(table: Table) -> dict:
    """Every run in the order they were made; numbers of a run that has none are None."""
    rows = {row.key: index for index, row in enumerate(table.rows)}
    names = {variant.name: index for index, variant in enumerate(table.variants)}
    lines = [
        [rows[job.row.key], names[job.variant.name], job.rep, run.status,
         *(_exact(getattr(run, key)) if run.ok and (getattr(run, key) or key not in LATENCIES)
           else None for key in NUMBERS)]
        for job, run in table.made
    ]
    columns = [i for i, key in enumerate(NUMBERS)
               if key not in LATENCIES or any(line[4 + i] is not None for line in lines)]
    return {"columns": [NUMBERS[i] for i in columns],
            "lines": [line[:4] + [line[4 + i] for i in columns] for line in lines]}
