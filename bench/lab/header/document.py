"""docs/header-classidx.md: the template's input, as words.  Nothing here measures."""

import statistics
from pathlib import Path

import jinja2

from bench.lab.header.lookups import (OTHERS, PEAK_WORDS, SPEED_WORDS, LookupCell, LookupRow)
from bench.lab.header.peak import MOST
from bench.lab.header.rounding import Rounding
from bench.lab.header.rows import BASE, ONE_SIZE, PROFILES
from bench.lab.judge.compare import LOST
from bench.lab.select.question import SAME
from bench.lab.show import numbers
from bench.lab.stats.estimate import FAMILY, LEVEL, TOO_FEW, Estimate
from gen.limits import QUANTUM
from gen.model import Model
from gen.served import block_bytes
from gen.words import bytes_in_text

TEMPLATE = "header.md.j2"
NONE = "none"


def render(comparisons: list[LookupRow], programs: list[Rounding], extremes: list[Rounding],
           skipped: dict[str, str], models: dict[str, Model], about: dict,
           quick: bool = False) -> str:
    """The whole document.

    `programs` and `extremes` are mixes served by `models`, `skipped` says why a program was not
    recorded, `about` is the content of run.json, `quick` whether the runs were short.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )
    others = [lookup for lookup in PROFILES if lookup != BASE]
    return environment.get_template(TEMPLATE).render(
        about=about,
        profiles=PROFILES,
        quick=quick,
        level=f"{100 * LEVEL:.0f} %",
        one_in=f"{1 / (1 - LEVEL):.0f}",
        reports=f"{100 * FAMILY:g} of 100",
        same=numbers.percent(SAME),
        page=f"{(1 << models[BASE].page_shift) >> 10} KiB",
        largest=bytes_in_text(models[BASE].small_max),
        most=f"{MOST >> 10} KiB",
        step=QUANTUM,
        region=bytes_in_text(1 << models["region"].region_shift),
        few=_few(comparisons),
        wins={lookup: _wins(comparisons, lookup, _few(comparisons)) for lookup in others},
        means={lookup: _mean(comparisons, lookup, "speed") for lookup in others},
        peak_means={lookup: _mean(comparisons, lookup, "peak") for lookup in others},
        peaks={lookup: _by_verdict(comparisons, lookup, "peak", PEAK_WORDS)
               for lookup in others},
        strides=_strides(comparisons, models),
        speeds=[_speed_line(one) for one in comparisons],
        memory=[_peak_line(one) for one in comparisons],
        silent=[f"{_program(one)}: {one.row.load}" for one in comparisons
                if any(measure.value is None for measure in one.speed.values())],
        programs=[_rounding_line(one) for one in programs],
        extremes=[_rounding_line(one) for one in extremes],
        tax=_tax([(one.tax("header"), one.mix.name) for one in programs]),
        class_tax=_tax([(one.class_tax, one.mix.name) for one in programs]),
        skipped=skipped,
    )


# ---- words ---------------------------------------------------------------------------------------


def _program(one: LookupRow) -> str:
    return one.row.program.removeprefix("bench_")


def _interval(ratio: Estimate | None) -> str:
    if ratio is None:
        return "-"
    return numbers.interval(ratio)


def _against(measure: LookupCell) -> list[str]:
    """Ratio, interval, verdict."""
    ratio = measure.ratio
    return ["-" if ratio is None else f"{ratio.value:.3f}", _interval(ratio),
            measure.verdict or "no numbers"]


def _number(measure: LookupCell, digits: int) -> str:
    return "-" if measure.value is None else f"{measure.value:.{digits}f}"


def _speed_line(one: LookupRow) -> list[str]:
    cells = [one.group, _program(one), one.row.load, _number(one.speed[BASE], 1)]
    for lookup in PROFILES:
        if lookup != BASE:
            cells += _against(one.speed[lookup])
    return cells


def _peak_line(one: LookupRow) -> list[str]:
    cells = [one.group, _program(one), one.row.load]
    cells += [_number(one.peak[lookup], 2) for lookup in PROFILES]
    for lookup in PROFILES:
        if lookup != BASE:
            cells += _against(one.peak[lookup])
    return cells


def _strides(comparisons: list[LookupRow], models: dict[str, Model]) -> list[list[str]]:
    """Rows of one size: bytes of a block with header and with map."""
    return [
        [_program(one), one.row.load,
         *(str(block_bytes(models[lookup], int(one.row.args[0]))) for lookup in ("header", BASE))]
        for one in comparisons if one.row.program in ONE_SIZE
    ]


def _rounding_line(one: Rounding) -> list[str]:
    return [
        one.mix.name, one.mix.load, str(one.blocks), f"{one.asked / 1024:.0f}",
        f"{one.mix.larger_bytes / 1024:.0f}",
        *(f"{one.waste(lookup):.1f}" for lookup in PROFILES),
        f"{one.moved_share:.0f}", f"{one.class_tax:.1f}", f"{one.tax('header'):.1f}",
        f"{one.overall_tax('header'):.1f}",
    ]


# ---- conclusions ---------------------------------------------------------------------------------


def _by_verdict(comparisons: list[LookupRow], lookup: str, what: str,
                words: tuple[str, str]) -> dict[str, list[str]]:
    """Verdict -> "program: load (ratio)" of the rows that have it."""
    found: dict[str, list[str]] = {word: [] for word in (*words, *OTHERS)}
    for one in comparisons:
        measure = getattr(one, what)[lookup]
        if measure.verdict:
            found[measure.verdict].append(
                f"{_program(one)}: {one.row.load} ({measure.ratio.value:.2f})")
    return found


def _few(comparisons: list[LookupRow]) -> bool:
    """Whether a row has too few runs to tell."""
    return any(measure.verdict in (TOO_FEW, LOST) for one in comparisons
               for measure in (*one.speed.values(), *one.peak.values()))


def _wins(comparisons: list[LookupRow], lookup: str, few: bool) -> list[list[str]]:
    """For each group its title, then the rows of each verdict; `few`: also of those with too few
    runs to tell."""
    lines = []
    for group in dict.fromkeys(one.group for one in comparisons):
        inside = [one for one in comparisons if one.group == group]
        found = _by_verdict(inside, lookup, "speed", SPEED_WORDS)
        if not few:
            del found[TOO_FEW], found[LOST]
        lines.append([group, *("; ".join(rows) or NONE for rows in found.values())])
    return lines


def _mean(comparisons: list[LookupRow], lookup: str, what: str) -> dict[str, str] | None:
    """Geometric mean of the ratios, lowest and highest with their rows; None without ratios."""
    ratios = [(getattr(one, what)[lookup].ratio.value, one.row.load) for one in comparisons
              if getattr(one, what)[lookup].ratio]
    if not ratios:
        return None
    low, high = min(ratios), max(ratios)
    return {
        "mean": f"{statistics.geometric_mean(ratio for ratio, _ in ratios):.3f}",
        "low": f"{low[0]:.3f}", "low_row": low[1], "high": f"{high[0]:.3f}", "high_row": high[1],
        "rows": str(len(ratios)),
    }


def _tax(taxes: list[tuple[float, str]]) -> dict[str, str] | None:
    """Lowest, median and highest of (percent, program); None without programs."""
    if not taxes:
        return None
    low, high = min(taxes), max(taxes)
    return {
        "low": f"{low[0]:.1f} %", "low_name": low[1],
        "high": f"{high[0]:.1f} %", "high_name": high[1],
        "median": f"{statistics.median(tax for tax, _ in taxes):.1f} %",
        "count": str(len(taxes)),
    }
