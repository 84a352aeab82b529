"""What the simulations come to, as tables, sentences, CSV and JSON."""

from collections.abc import Sequence

from bench.lab.show import csv_file, markdown
from bench.lab.show.numbers import short
from bench.lab.show.table import Table, plain
from bench.lab.simulate import figures as counted
from bench.lab.simulate.figures import Figure, What
from bench.lab.simulate.settings import Setting

BROKEN = "!"
COLUMNS = ("setting", "experiment", "what", "percent", "low", "high", "cases", "at_most",
           "at_least", "broken")
LEGEND = (f"All numbers are percentages.  {BROKEN} marks what is surely not as promised.  Half "
          "widths are of the ratio of B to A.")


def tables(figures: Sequence[Figure]) -> list[Table]:
    """One for each kind of measurement, with a line for each number and a column for each setting
    that it has numbers of."""
    found, bad = [], counted.broken(figures)
    for title in dict.fromkeys(one.experiment.title for one in figures):
        of = [one for one in figures if one.experiment.title == title]
        settings = list(dict.fromkeys(one.setting.name for one in of))
        values = {(one.what, one.setting.name): short(_percent(one)[0]) + BROKEN * (one in bad)
                  for one in of}
        lines = [[what.words, _promise(what), *(values.get((what, name), "") for name in settings)]
                 for what in _in_order(of)]
        found.append(plain(("", "promised", *settings), lines, title=title, folds=(0,)))
    return found


def _in_order(figures: Sequence[Figure]) -> list[What]:
    """All that was counted, as the experiments list it."""
    there = {one.what for one in figures}
    experiments = dict.fromkeys(one.experiment for one in figures)
    return [what for experiment in experiments for what in experiment.whats if what in there]


def _percent(figure: Figure) -> tuple[float, float, float]:
    times = 1 if figure.what.average else 100
    found = figure.found
    return times * found.value, times * found.low, times * found.high


def _promise(what: What) -> str:
    if what.at_most is not None:
        return f"<= {100 * what.at_most:g}"
    return f">= {100 * what.at_least:g}" if what.at_least is not None else ""


def settings(figures: Sequence[Figure]) -> list[str]:
    """What each setting is."""
    found: dict[str, Setting] = {one.setting.name: one.setting for one in figures}
    return [f"`{name}`: {one.words}" for name, one in found.items()]


def verdict(figures: Sequence[Figure]) -> str:
    """How many promises there are, and how many are broken."""
    bad = len(counted.broken(figures))
    return f"Of {sum(one.what.promised for one in figures)} promises, " + (
        f"{bad} are surely not kept." if bad else "none is surely broken.")


def broken(figures: Sequence[Figure]) -> list[str]:
    """The broken promises, each with its interval."""
    return [f"{one.setting.name}: {one.what.words}: {_promise(one.what)} promised, "
            "{:.2f} found, {:.2f} to {:.2f}".format(*_percent(one))
            for one in counted.broken(figures)]


def section(figures: Sequence[Figure], reports: int, seed: int) -> str:
    """The part of a page: all tables."""
    lines = [*markdown.bullets(settings(figures)), ""]
    for table in tables(figures):
        lines += [f"{table.title}:", "", *markdown.table(table), ""]
    return "\n".join([*lines, LEGEND.replace("  ", " "), "",
                      f"{verdict(figures)} {reports} reports of each kind, and fewer of those that "
                      f"take long; seed {seed}.", ""])


def csv(figures: Sequence[Figure]) -> str:
    """simulate.csv: a line for each number; `percent` with its 95 % interval, and how many cases it
    comes from."""
    bad = counted.broken(figures)
    return csv_file.text(COLUMNS, (
        [one.setting.name, one.experiment.name, one.what.name,
         *csv_file.numbers(_percent(one), 6), one.cases,
         *csv_file.numbers((one.what.at_most and 100 * one.what.at_most,
                            one.what.at_least and 100 * one.what.at_least), 6), int(one in bad)]
        for one in figures))


def json(figures: Sequence[Figure]) -> list[dict]:
    """The figures of simulate.json."""
    found, bad = [], counted.broken(figures)
    for one in figures:
        value, low, high = _percent(one)
        found.append({
            "setting": one.setting.name, "experiment": one.experiment.name,
            "title": one.experiment.title, "what": one.what.name, "words": one.what.words,
            "percent": value, "low": low, "high": high, "cases": one.cases,
            "at_most": one.what.at_most, "at_least": one.what.at_least, "broken": one in bad})
    return found
