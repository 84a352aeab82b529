"""Profiles over one recorded program side by side, with what was measured."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, Sequence

from rich.console import Console

from gen import screen
from gen.model import Model
from gen.predict.predict import Prediction
from gen.words import bytes_in_table

BAR = 40  # columns of the longest bar
SIGN = "█"


class StatisticsError(Exception):
    """A file of statistics cannot be used: `FILE: what is wrong, what would be right`."""


@dataclass(frozen=True)
class Measured:
    """Statistics that a process wrote when it ended (docs/statistics.md), in bytes."""

    profile: str
    rounding: float | None  # percent of all bytes given by classes; None if not counted
    thread_cache: float  # mapped for one cache
    thread_stock: float  # in the blocks of one cache

    @property
    def thread(self) -> float:
        return self.thread_cache + self.thread_stock


def read_measured(path: Path, models: Iterable[Model]) -> Measured:
    """The statistics of the process in the file that allocated most.  Raises StatisticsError, also
    if it ran with none of the models."""
    try:
        text = path.read_text(encoding="utf-8")
        found = max(_documents(text), key=lambda one: (_requested(one), one["small"]["live_bytes"]))
        by_digest = {model.digest: model for model in models}
        if found["digest"] not in by_digest:
            raise StatisticsError(
                f"{path}: of profile {found['profile']} with digest {found['digest']}, compared "
                "are " + ", ".join(f"{m.profile} with {d}" for d, m in by_digest.items())
            )
        return _measured(found, by_digest[found["digest"]])
    except OSError as error:
        raise StatisticsError(f"{path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError):
        raise StatisticsError(
            f"{path}: no statistics; HAKMEM_STATS=exit HAKMEM_STATS_FILE={path} in the "
            "environment of the program writes them"
        ) from None


def _documents(text: str) -> list[dict[str, Any]]:
    """The JSON objects that follow each other in the text."""
    found, decoder, text = [], json.JSONDecoder(), text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


def _requested(document: dict[str, Any]) -> int:
    return sum(row.get("requested_bytes", 0) for row in document["classes"])


def _measured(document: dict[str, Any], model: Model) -> Measured:
    rounding = None
    if document["counting"]:
        asked = _requested(document)
        lost = sum(row["rounding_bytes"] for row in document["classes"])
        rounding = 100 * lost / (asked + lost) if asked + lost else 0.0
    threads = document["threads"]
    stock = sum(row["cached_blocks"] * row["size"] for row in document["classes"])
    return Measured(
        profile=model.profile,
        rounding=rounding,
        thread_cache=threads["bytes"] / max(threads["mapped"], 1),
        thread_stock=stock / max(threads["caches"], 1),
    )


# ---- for a program -------------------------------------------------------------------------------


def as_json(of_each: list[Prediction], measured: list[Measured]) -> dict[str, Any]:
    """The predictions in their order, with percentages, and what was measured."""
    return {
        "predicted": [
            {
                **asdict(one),
                "rounding_percent": one.peak.percent,
                "rounding_avoidable": one.peak.avoidable,
                "rounding_percent_of_calls": one.calls.percent,
                "rounding_percent_aligned": one.aligned.percent,
                "rounding_percent_of_aligned_calls": one.aligned_calls.percent,
                "tail_percent": one.tail_percent,
                "thread": one.thread,
            }
            for one in of_each
        ],
        "measured": [{**asdict(one), "thread": one.thread} for one in measured],
    }


# ---- for a person --------------------------------------------------------------------------------


def rows_of(one: Prediction) -> list[tuple[str, str]]:
    """Name and text of each predicted value, in the order of the table."""
    aligned = [
        ("aligned blocks", f"{one.aligned.percent:.2f} %, {bytes_in_table(one.aligned.waste)}"),
        (f"  of all {one.aligned_allocs} calls", f"{one.aligned_calls.percent:.2f} %"),
    ]
    return [
        ("classes", f"{one.classes}, {one.used} of them in use"),
        ("rounding waste", f"{one.peak.percent:.2f} %, {bytes_in_table(one.peak.waste)}"),
        ("  beyond 16-byte alignment", bytes_in_table(one.peak.avoidable)),
        *(aligned if one.aligned_allocs else []),
        ("slab tails", f"{one.tail_percent:.2f} %, {bytes_in_table(one.tail)}"),
        ("free in the last slabs", bytes_in_table(one.partly)),
        ("metadata", bytes_in_table(one.metadata)),
        ("memory per thread", bytes_in_table(one.thread)),
        ("  its cache", bytes_in_table(one.thread_cache)),
        ("  blocks in it", "about " + bytes_in_table(one.thread_stock)),
        ("resident at the peak", "about " + bytes_in_table(one.resident)),
        ("rounding of all calls", f"{one.calls.percent:.2f} %"),
    ]


def show(console: Console, of_each: list[Prediction], measured: list[Measured]) -> None:
    """Prints the table, the chart and what was measured."""
    lines = [[cells[0][0], *(text for _, text in cells)]
             for cells in zip(*(rows_of(one) for one in of_each))]
    put(console, ["predicted", *(one.profile for one in of_each)], lines)
    console.print()
    for line in chart(of_each, _sign(console)):
        console.print(line)
    if measured:
        console.print()
        put(console, ["measured", "profile", "predicted", "measured", "predicted by"],
            list(_measured_lines(of_each, measured)))


def put(console: Console, heads: Sequence[str], lines: Sequence[Sequence[str]],
        words: Collection[int] = (0,)) -> None:
    """Prints a table whose cells are folded on a narrow terminal."""
    screen.put(console, heads, lines, words=words, folds=range(len(heads)), gap=2,
               rule=console.is_terminal)


def _sign(console: Console) -> str:
    """The letter of which bars are made; # if the console's encoding lacks SIGN."""
    try:
        SIGN.encode(console.encoding)
    except UnicodeEncodeError:
        return "#"
    return SIGN


def chart(of_each: list[Prediction], sign: str = SIGN) -> list[str]:
    """The lines of a bar chart: a bar for each part and profile, all to one scale."""
    parts = [
        ("rounding", lambda one: one.peak.waste),
        ("slab tails", lambda one: one.tail),
        ("metadata", lambda one: one.metadata),
        ("per thread", lambda one: one.thread),
    ]
    longest = max(1.0, *(value(one) for one in of_each for _, value in parts))
    width = max(len(one.profile) for one in of_each)
    return [
        f"{name if number == 0 else '':12}{one.profile:{width}}  "
        f"{sign * round(BAR * value(one) / longest)} {bytes_in_table(value(one))}"
        for name, value in parts
        for number, one in enumerate(of_each)
    ]


def _measured_lines(of_each: list[Prediction], measured: list[Measured]) -> Iterator[list[str]]:
    predictions = {one.profile: one for one in of_each}
    for real in measured:
        told = predictions[real.profile]
        if real.rounding is not None:
            yield [
                "rounding of all calls", real.profile, f"{told.calls.percent:.2f} %",
                f"{real.rounding:.2f} %", off_by(told.calls.percent, real.rounding),
            ]
        for name, expected, seen in (
            ("memory per thread", told.thread, real.thread),
            ("  its cache", told.thread_cache, real.thread_cache),
            ("  blocks in it", told.thread_stock, real.thread_stock),
        ):
            yield [name, real.profile, bytes_in_table(expected), bytes_in_table(seen),
                   off_by(expected, seen)]


def off_by(predicted: float, measured: float) -> str:
    """By how many percent the prediction exceeds the measured value, with its sign."""
    return f"{100 * (predicted / measured - 1):+.1f} %" if measured else "-"
