"""The rounding tax: what the blocks of a size mix take with each class lookup.

A block has its class's size, which includes the header byte if there is one; above the classes it
has whole heap pages.  Slab tails, free blocks and tables are not counted: all lookups have them.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from bench.lab.header_rows import BASE, PROFILES
from bench.lab.rows import UsageError
from gen.classes import QUANTUM, build_model
from gen.model import Model
from gen.profiles import ProfileError, load_profile

COLUMNS = ("mix", "lookup", "blocks", "asked_bytes", "given_bytes", "waste_percent", "tax_percent")
MOST = 32 << 10  # bytes: largest size in a mix, as in bench/sizes.c


@dataclass(frozen=True)
class Mix:
    """Blocks by the size that was asked for."""

    name: str
    load: str  # for people: where they come from
    sizes: dict[int, int]  # bytes -> blocks


@dataclass(frozen=True)
class Rounding:
    """A mix, served by each lookup.  The keys of `given` are class lookups."""

    mix: Mix
    blocks: int
    asked: int  # bytes
    given: dict[str, int]  # bytes
    moved: int  # blocks that the header puts into a larger block than the map does

    def waste(self, lookup: str) -> float:
        """Internal fragmentation: percent of the bytes given that were not asked for."""
        return 100 * (1 - self.asked / self.given[lookup]) if self.given[lookup] else 0.0

    def tax(self, lookup: str) -> float:
        """Percent by which more bytes are given than with the map."""
        base = self.given[BASE]
        return 100 * (self.given[lookup] / base - 1) if base else 0.0

    @property
    def moved_share(self) -> float:
        """`moved` in percent of the blocks."""
        return 100 * self.moved / self.blocks if self.blocks else 0.0


def load_models(profiles_dir: Path) -> dict[str, Model]:
    """Class lookup -> its profile's tables.  Raises UsageError if one cannot be computed, or if
    the profile has another lookup."""
    models = {}
    for lookup, name in PROFILES.items():
        path = profiles_dir / f"{name}.yaml"
        try:
            models[lookup] = build_model(load_profile(path, profiles_dir))
        except ProfileError as error:
            raise UsageError(str(error)) from error
        if models[lookup].lookup != lookup:
            raise UsageError(f"{path}: front.class_lookup: {models[lookup].lookup} is not {lookup}")
    return models


def block_bytes(model: Model, size: int) -> int:
    """What a request of `size` bytes takes."""
    if size <= model.small_max:
        cls = model.table[(size + model.header_bytes + QUANTUM - 1) // QUANTUM]
        return model.classes[cls - 1].size
    page = 1 << model.page_shift
    front = QUANTUM if model.header_bytes else 0  # the header of a large block, and its alignment
    return -(-(size + front) // page) * page


def rounding(mix: Mix, models: dict[str, Model]) -> Rounding:
    """Serves the mix with each of the models."""
    given = {
        lookup: sum(n * block_bytes(model, size) for size, n in mix.sizes.items())
        for lookup, model in models.items()
    }
    moved = sum(
        n for size, n in mix.sizes.items()
        if block_bytes(models["header"], size) > block_bytes(models[BASE], size)
    )
    asked = sum(n * size for size, n in mix.sizes.items())
    return Rounding(mix, sum(mix.sizes.values()), asked, given, moved)


def extremes() -> list[Mix]:
    """Mixes that no program has, between which those of programs lie."""
    return [
        Mix("uniform", "16..8192 B, one block of each size", {n: 1 for n in range(16, 8193)}),
        Mix("powers of two", "16..16384 B, as many bytes of each",
            {1 << n: 1 << (14 - n) for n in range(4, 15)}),
        Mix("odd sizes", "powers of two less one, otherwise the same",
            {(1 << n) - 1: 1 << (14 - n) for n in range(4, 15)}),
    ]


def as_csv(roundings: list[Rounding]) -> str:
    """rounding.csv: a line for each mix and lookup."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in roundings:
        for lookup, given in one.given.items():
            writer.writerow([one.mix.name, lookup, one.blocks, one.asked, given,
                             f"{one.waste(lookup):.6f}", f"{one.tax(lookup):.6f}"])
    return file.getvalue()
