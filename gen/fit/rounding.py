"""What blocks take beyond what was asked for: Model, Demand -> Rounding."""

from dataclasses import dataclass

import numpy as np

from gen.fit.demand import GRANULES, Demand, least_bytes, round_up
from gen.limits import OS_PAGE, QUANTUM
from gen.model import Model
from gen.served import classes_by_step


@dataclass(frozen=True)
class Rounding:
    """Blocks up to 64 KiB: bytes asked for and bytes given, rounded up to the class; above the
    largest class to the pages of the operating system, since those behind are never touched.
    `least` are those that any classes would give: 16-byte alignment alone."""

    asked: float
    given: float
    least: float

    @property
    def waste(self) -> float:
        return self.given - self.asked

    @property
    def percent(self) -> float:
        """Of the bytes given."""
        return 100 * self.waste / self.given if self.given else 0.0

    @property
    def avoidable(self) -> float:
        """Bytes that other classes could save."""
        return self.given - self.least

    @property
    def avoidable_percent(self) -> float:
        """Of the bytes given."""
        return 100 * self.avoidable / self.given if self.given else 0.0


def rounding(model: Model, asked: Demand) -> Rounding:
    """The demand, served by the model."""
    return of_parts(model, asked.parts())


def of_parts(model: Model, parts: dict[int, Demand]) -> Rounding:
    """The same of parts by alignment."""
    return Rounding(
        sum(part.total_bytes for part in parts.values()),
        sum(float(part.needing(model.header_bytes) @ resident_bytes(model, alignment))
            for alignment, part in parts.items()),
        least_bytes(parts),
    )


def of_classes(model: Model, asked: Demand) -> Rounding:
    """Only what has a class; the header byte is no waste here, as in the statistics."""
    some = {}
    for alignment, part in asked.parts().items():
        classes = _classes(model, alignment)[model.header_bytes :]
        has = classes[: GRANULES + 1] > 0
        some[alignment] = Demand(*(np.where(has, array, 0.0)
                                   for array in (part.blocks, part.full, part.bytes)))
    served = of_parts(model, some)
    header = model.header_bytes * sum(float(part.blocks.sum()) for part in some.values())
    return Rounding(served.asked, served.given - header, served.least)


def _classes(model: Model, alignment: int) -> np.ndarray:
    """classes_by_step with GRANULES + 2 entries: of each granule, and of the last with a header."""
    known = classes_by_step(model, alignment)
    return np.pad(np.array(known, dtype=int), (0, GRANULES + 2 - len(known)))


def resident_bytes(model: Model, alignment: int = QUANTUM) -> np.ndarray:
    """Bytes of a block by the granules that it needs, 0 to GRANULES + 1: those of its
    class, or pages of the operating system where no class serves it."""
    pages = np.maximum(round_up(np.arange(GRANULES + 2) * QUANTUM, OS_PAGE), OS_PAGE)
    sizes = np.array([0] + [row.size for row in model.classes], dtype=float)
    classes = _classes(model, alignment)
    return np.where(classes > 0, sizes[classes], pages)
