"""The rounding tax: what the blocks of a size mix take with each class lookup.

A block has its class's size, which includes the header byte if there is one; above the classes it
has whole heap pages.  Slab tails, free blocks and tables are not counted: all lookups have them.
A request of the largest class's size has a class only without a header; what it takes more with
one is counted apart, since that is address space for the most part and hardly memory.
"""

from dataclasses import dataclass
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.header.rows import BASE, PROFILES
from bench.lab.show import csv_file
from gen.classes import build_model
from gen.model import Model
from gen.profiles import ProfileError, load_profile
from gen.served import block_bytes

COLUMNS = ("mix", "lookup", "blocks", "asked_bytes", "given_bytes", "waste_percent", "tax_percent",
           "class_tax_percent", "overall_tax_percent")


@dataclass(frozen=True)
class Mix:
    """Blocks by the size that was asked for."""

    name: str
    load: str  # for people: where they come from
    sizes: dict[int, int]  # bytes -> blocks
    larger_bytes: int = 0  # asked for beside them, in blocks too large to matter
    asked: int | None = None  # bytes asked for by the blocks in `sizes`; None: as `sizes` says


@dataclass(frozen=True)
class Rounding:
    """A mix, served by each lookup.  The keys of `given` are class lookups."""

    mix: Mix
    blocks: int
    asked: int  # bytes
    given: dict[str, int]  # bytes
    moved: int  # blocks that the header puts into a larger block than the map does
    pushed: int  # bytes by which those grow that have a class with the map, not with the header

    def waste(self, lookup: str) -> float:
        """Internal fragmentation: percent of the bytes given that were not asked for."""
        return 100 * (1 - self.asked / self.given[lookup]) if self.given[lookup] else 0.0

    def tax(self, lookup: str) -> float:
        """Percent by which more bytes are given than with the map."""
        base = self.given[BASE]
        return 100 * (self.given[lookup] / base - 1) if base else 0.0

    @property
    def class_tax(self) -> float:
        """The header's without `pushed`."""
        base = self.given[BASE]
        return 100 * ((self.given["header"] - self.pushed) / base - 1) if base else 0.0

    def overall_tax(self, lookup: str) -> float:
        """As tax(), with `mix.larger_bytes` among the bytes given."""
        base = self.given[BASE] + self.mix.larger_bytes
        return 100 * (self.given[lookup] - self.given[BASE]) / base if base else 0.0

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


def rounding(mix: Mix, models: dict[str, Model]) -> Rounding:
    """Serves the mix with each of the models."""
    given = {
        lookup: sum(n * block_bytes(model, size) for size, n in mix.sizes.items())
        for lookup, model in models.items()
    }
    header, base = models["header"], models[BASE]
    grown = {size: block_bytes(header, size) - block_bytes(base, size) for size in mix.sizes}
    return Rounding(
        mix,
        blocks=sum(mix.sizes.values()),
        asked=sum(n * size for size, n in mix.sizes.items()) if mix.asked is None else mix.asked,
        given=given,
        moved=sum(n for size, n in mix.sizes.items() if grown[size] > 0),
        pushed=sum(n * grown[size] for size, n in mix.sizes.items()
                   if header.small_max < size <= base.small_max),
    )


def extremes() -> list[Mix]:
    """Mixes that no program has, between which those of programs lie."""
    return [
        Mix("uniform", "16..8192 B, one block of each size", {n: 1 for n in range(16, 8193)}),
        Mix("powers of two", "16..16384 B, as many bytes of each",
            {1 << n: 1 << (14 - n) for n in range(4, 15)}),
        Mix("odd sizes", "powers of two less one, otherwise the same",
            {(1 << n) - 1: 1 << (14 - n) for n in range(4, 15)}),
    ]


def csv(roundings: list[Rounding]) -> str:
    """rounding.csv: a line for each mix and lookup."""
    return csv_file.text(COLUMNS, (
        [one.mix.name, lookup, one.blocks, one.asked, given, *(f"{percent:.6f}" for percent in (
            one.waste(lookup), one.tax(lookup),
            one.class_tax if lookup == "header" else one.tax(lookup), one.overall_tax(lookup)))]
        for one in roundings for lookup, given in one.given.items()))
