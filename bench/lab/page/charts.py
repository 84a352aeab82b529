"""Numbers for the charts: plain dicts and lists that go into the page as JSON.

An estimate is [value, low, high]; low and high are None where too few runs give no interval that
could be trusted.  What the rows are about is in `measure`'s unit, memory MiB, latencies ns.
Variants and rows are named by their index in `variants` and `rows`.
"""

import math

from bench.lab.judge.cells import Cells
from bench.lab.judge.measures import lead
from bench.lab.page.classes import class_charts
from bench.lab.page.looks import looks
from bench.lab.run.runs import LATENCIES, Runs
from bench.lab.select.row import Row, shell
from bench.lab.select.variant import Variant
from bench.lab.show.cell_table import lead_head
from bench.lab.stats.estimate import Estimate

NUMBERS = ("ops_per_s", "ops", "seconds", "peak_rss_kib", "rss_kib", "minor_faults", "user_s",
           "sys_s", *LATENCIES)
FEW_VARIANTS = 8  # up to so many are all shown from the start
FEW_DOTS = 48  # up to so many fit one chart of ratios


def chart_data(cells: Cells, base: str) -> dict:
    """Everything the charts and the table of runs need; ratios are to `base`."""
    look = looks(cells.variants)
    main = shown_first(cells.variants)
    rows = [_row(cells, row, base) for row in cells.rows]
    measure = lead(cells.rows[0])
    return {
        "base": base,
        "measure": {"name": measure.name, "unit": measure.unit,
                    "axis": lead_head(cells.rows[0]), "more": measure.more_is_better},
        "variants": [
            {"name": v.name, "family": look[v.name].family, "colour": look[v.name].colour,
             "mark": look[v.name].mark, "sign": look[v.name].sign, "main": v.name in main}
            for v in cells.variants
        ],
        "rows": rows,
        "ratios": _ratio_groups(cells.rows, len(main) - (base in main)),
        "scaling": scaling(cells.rows),
        "latency": any(cell["latency"] for row in rows for cell in row["cells"]),
        "classes": class_charts([v.profile for v in cells.variants if v.profile]),
        "runs": _runs(cells.runs),
    }


def base_of(cells: Cells, asked: str) -> str:
    """The variant that ratios are taken against: `asked`, or the first if it was not measured."""
    names = [variant.name for variant in cells.variants]
    return asked if asked in names else names[0]


def shown_first(variants: list[Variant]) -> set[str]:
    """The variants that the charts show at first: all but the references, if these are few; else
    the default profile, system and the peers."""
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
    """The number as in results.csv."""
    return int(value) if value == int(value) else round(value, 6)


def _row(cells: Cells, row: Row, base: str) -> dict:
    found = []
    for index, variant in enumerate(cells.variants):
        cell = cells.of(row, variant)
        if cell.speed is None:
            continue
        found.append({
            "variant": index,
            "value": _estimate(cell.shown),
            "ratio": _estimate(cells.ratio(row, variant, base)),
            "rss": _short(cell.rss_mib),
            "latency": cell.latencies,
        })
    return {"program": row.program, "params": row.params, "title": row.title,
            "load": row.load, "cells": found}


def _ratio_groups(rows: list[Row], dots: int) -> list[dict]:
    """The rows that share a chart of ratios: all of them, or those of each program.  `dots` is the
    number of variants that a row shows."""
    everything = list(range(len(rows)))
    if len(everything) * dots <= FEW_DOTS:
        return [{"title": "", "rows": everything}]
    programs = dict.fromkeys(row.program for row in rows)
    return [{"title": program,
             "rows": [i for i in everything if rows[i].program == program]}
            for program in programs]


def scaling(rows: list[Row]) -> list[dict]:
    """Groups of two and more rows that differ in nothing but their threads."""
    groups: dict[tuple, dict[int, int]] = {}
    for index, row in enumerate(rows):
        for place, word in enumerate(row.args):
            if word == str(row.threads):
                args = shell([*row.args[:place], "T", *row.args[place + 1:]])
                groups.setdefault((row.program, args), {})[row.threads] = index
    return [{"title": f"{program} {args}", "threads": sorted(found),
             "rows": [found[n] for n in sorted(found)]}
            for (program, args), found in groups.items() if len(found) > 1]


def _runs(runs: Runs) -> dict:
    """Every run in the order they were made; numbers of a run that has none are None."""
    rows = {row.key: index for index, row in enumerate(runs.rows)}
    names = {variant.name: index for index, variant in enumerate(runs.variants)}
    lines = [
        [rows[job.row.key], names[job.variant.name], job.rep, run.status,
         *(_exact(getattr(run, key)) if run.ok and (getattr(run, key) or key not in LATENCIES)
           else None for key in NUMBERS)]
        for job, run in runs.made
    ]
    columns = [i for i, key in enumerate(NUMBERS)
               if key not in LATENCIES or any(line[4 + i] is not None for line in lines)]
    return {"columns": [NUMBERS[i] for i in columns],
            "lines": [line[:4] + [line[4 + i] for i in columns] for line in lines]}
