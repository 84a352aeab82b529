"""The size classes of the profiles that take part, for their charts."""

from pathlib import Path

from bench.lab.base import paths
from gen.classes import build_model
from gen.model import Model
from gen.profiles import ProfileError, load_profile


def class_charts(names: list[str], folder: Path = paths.PROFILES) -> list[dict]:
    """A chart for each different set of classes, with the profiles that have it; profiles that are
    no file of `folder` have none.

    `classes` holds [smallest request, largest request, block] in bytes, by rising size.
    """
    charts: dict[tuple, dict] = {}
    for name in dict.fromkeys(names):
        try:
            model = build_model(load_profile(folder / f"{name}.yaml", folder))
        except ProfileError:
            continue
        classes = _classes(model)
        chart = charts.setdefault(tuple(map(tuple, classes)), {"profiles": [], "classes": classes})
        chart["profiles"].append(name)
    return [{**chart, **_waste(chart["classes"])} for chart in charts.values()]


def _classes(model: Model) -> list[list[int]]:
    below = [0, *(row.size for row in model.classes)]
    return [[max(low - model.header_bytes + 1, 1), row.size - model.header_bytes, row.size]
            for low, row in zip(below, model.classes)]


def _waste(classes: list[list[int]], least: int = 16) -> dict:
    """Percent of a block that its request leaves unused, for requests of `least` bytes and up: the
    mean over all sizes, and the worst."""
    wasted = [1 - size / block for low, high, block in classes
              for size in range(max(low, least), high + 1)]
    return {"mean": round(100 * sum(wasted) / len(wasted), 1), "worst": round(100 * max(wasted), 1)}
