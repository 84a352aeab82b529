"""The report of a fit, for a person and for a program."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Iterator

from rich.console import Console

from gen.fit import compare
from gen.fit.fitting import Fitted
from gen.model import Model
from gen.predict.predict import Prediction, predict
from gen.record.recording import Recording


@dataclass(frozen=True)
class Result:
    """A fit that was written."""

    fitted: Fitted
    default: Model
    model: Model  # of the written file
    path: Path
    recordings: tuple[Recording, ...]
    files: tuple[str, ...]  # their names, without folders


def predictions_of(result: Result) -> list[tuple[Prediction, Prediction]]:
    """For each recording, the predictions with the default and with the fitted profile."""
    return [
        (predict(result.default, one), predict(result.model, one)) for one in result.recordings
    ]


def show(result: Result, console: Console) -> None:
    """Prints the predictions, the choices, and what was gained on recordings held out."""
    for one, name in zip(result.recordings, result.files):
        if not one.complete:
            console.print(f"{name}: ended by a signal or not at all: fitted to what is there")
    for number, (default, other) in enumerate(predictions_of(result)):
        lines = [[name, before, after] for (name, before), (_, after)
                 in zip(compare.rows_of(default), compare.rows_of(other))]
        compare.put(console, [result.files[number], default.profile, other.profile], lines)
        console.print()
    compare.put(console, ["key", "value", "why"], list(_choice_lines(result)), range(3))
    console.print()
    for line in _held_out_lines(result):
        console.print(line)
    console.print(f"written: {result.path}", soft_wrap=True)
    if result.fitted.fallback:
        console.print("no fit holds for other inputs: the classes are the default's",
                      style="bold red")


def _choice_lines(result: Result) -> Iterator[list[str]]:
    for one in result.fitted.choices:
        value = f"{len(one.value)} sizes" if isinstance(one.value, tuple) else str(one.value)
        same = result.default.keys[one.section][one.key] == one.value
        yield [f"{one.section}.{one.key}", value + (" (default)" if same else ""), one.reason]


def _held_out_lines(result: Result) -> list[str]:
    fitted = result.fitted
    lines = [f"refused: {line}" for line in fitted.refused]
    if not fitted.held_out:
        return lines + [
            "held out: nothing, with one recording; the prior is therefore "
            f"{fitted.strength:g} times the recorded bytes. Give recordings of other inputs as "
            "well to see what the fit gains there."
        ]
    lines += [
        f"held out: {result.files[one.recording]}: rounding {one.default:.2f} % with the default, "
        f"{one.fitted:.2f} % with classes for the others: {points(one.gain)}; those others: "
        f"{points(one.training_gain)}"
        for one in fitted.held_out
    ]
    return lines + [f"prior: {fitted.strength:g} times the recorded bytes"]


def points(gain: float) -> str:
    return f"{abs(gain):.2f} points {'less' if gain >= 0 else 'more'}"


def as_json(result: Result) -> dict[str, Any]:
    """The report as a value for json.dumps."""
    return {
        "profile": result.model.profile,
        "digest": result.model.digest,
        "file": str(result.path),
        "recordings": list(result.files),
        "choices": [asdict(one) for one in result.fitted.choices],
        "held_out": [{**asdict(one), "gain": one.gain} for one in result.fitted.held_out],
        "strength": result.fitted.strength,
        "refused": list(result.fitted.refused),
        "fallback": result.fitted.fallback,
        "predicted": [compare.as_json(list(pair), [])["predicted"]
                      for pair in predictions_of(result)],
    }
