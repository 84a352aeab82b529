"""The occasions and their effects as tables and as CSV."""

import math

from bench.lab.judge import scale
from bench.lab.judge.measures import PRIMARY, Measure
from bench.lab.pool.together import Joint, Part, Pooled
from bench.lab.show import csv_file
from bench.lab.show.numbers import interval, percent, signed
from bench.lab.show.table import Line, Table, plain

_COLUMNS = ("occasion", "folder", "started", "variant_a", "variant_b", "measure", "unit",
            "benchmark", "parameters", "a", "b", "scale", "effect", "low", "high", "error",
            "between", "rounds", "layouts", "lost")


def occasions(found: Pooled) -> Table:
    """A line for each occasion: where and when it was."""
    return plain(("occasion", "started", "machine", "kernel", "folder"), [
        [str(one.number), one.started,
         f"{one.machine.get('cpu')}, {one.machine.get('cores')} cores",
         str(one.machine.get("kernel")), str(one.folder)] for one in found.occasions],
        left=(0, 1, 2, 3, 4), folds=(2, 4))


def effects(found: Pooled, measure: Measure) -> Table:
    """The effect of each occasion in each row, with its 95 % interval, and how far the occasions
    vary."""
    heads = ["row", "between occasions", *(str(one.number) for one in found.occasions)]
    return Table(heads, [
        Line([one.sample.row.title, _between(one),
              *(_of(one, occasion.number) for occasion in found.occasions)])
        for one in found.joints[measure]],
        f"{measure.name}, the effect of each occasion", folds=range(len(heads)))


def _between(one: Joint) -> str:
    return percent(one.between) if math.isfinite(one.between) else \
        signed(one.joined.between).lstrip("+")


def _of(one: Joint, number: int) -> str:
    """As "1.031, 1.012..1.050"; "-" for an occasion without this row."""
    return next((_effect(part) for part in one.parts if part.occasion.number == number), "-")


def _effect(part: Part) -> str:
    effect = part.effect
    if part.sample.scale is scale.RATIO:
        return f"{effect.value:.3f}, {interval(effect)}"
    return f"{signed(effect.value)}, {signed(effect.low)}..{signed(effect.high)}"


def csv(found: Pooled) -> str:
    """occasions.csv: a line for each measure, row and occasion.  `effect`, `low` and `high` are
    those of comparisons.csv, on this occasion alone.  `error` is the standard error, and `between`
    the standard deviation between all occasions of the row: both of the logarithm where the scale
    is "ratio"."""
    a, b = found.outcome.a.name, found.outcome.b.name
    return csv_file.text(_COLUMNS, (
        [part.occasion.number, part.occasion.folder, part.occasion.started, a, b, measure.name,
         measure.unit, one.sample.row.program, one.sample.row.params,
         *csv_file.numbers((part.sample.a, part.sample.b), 6), part.sample.scale.name,
         *csv_file.numbers((part.effect.value, *csv_file.ends(part.effect), part.error,
                            one.joined.between), 6),
         part.sample.rounds, part.sample.layouts, part.sample.lost]
        for measure, joints in found.joints.items() for one in joints for part in one.parts))


def primary(found: Pooled) -> list[Table]:
    """The effects in the measures that the measurement was made for."""
    return [effects(found, measure) for measure in PRIMARY if measure in found.joints]
