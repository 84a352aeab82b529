"""The bytes that blocks take beyond those asked for: Model, Demand -> Rounding."""

from dataclasses import dataclass

import numpy as np

from gen.limits import OS_PAGE, QUANTUM
from gen.model import Model
from gen.predict.demand import GRANULES, Demand, least_bytes, round_up
from gen.served import classes_by_step


@dataclass(frozen=True)
class Rounding:
    """Bytes asked for and given, of blocks of up to 64 KiB.

    A block is given its class's size.  Above the largest class it is rounded up to pages of the
    operating system, since the pages behind are never touched.  `least` is what the best classes
    would give: each block rounded up to its alignment."""

    asked: float
    given: float
    least: float

    @property
    def waste(self) -> float:
        return self.given - self.asked

    @property
    def percent(self) -> float:
        """The waste in percent of the bytes given."""
        return 100 * self.waste / self.given if self.given else 0.0

    @property
    def avoidable(self) -> float:
        """Bytes that other classes could save."""
        return self.given - self.least

    @property
    def avoidable_percent(self) -> float:
        """The avoidable bytes in percent of the bytes given."""
        return 100 * self.avoidable / self.given if self.given else 0.0


def rounding(model: Model, asked: Demand) -> Rounding:
    """The rounding of all blocks of the demand."""
    return of_parts(model, asked.parts())


def of_parts(model: Model, parts: dict[int, Demand]) -> Rounding:
    """The rounding of blocks by alignment, as Demand.parts() has them."""
    return Rounding(
        sum(part.total_bytes for part in parts.values()),
        sum(float(part.needing(model.header_bytes) @ resident_bytes(model, alignment))
            for alignment, part in parts.items()),
        least_bytes(parts),
    )


def of_classes(model: Model, asked: Demand) -> Rounding:
    """The rounding of the blocks that have a class.  As in the program's own statistics, the header
    byte is not counted as waste."""
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
    """classes_by_step as an array of GRANULES + 2 entries: 0 to GRANULES, and one more for a
    header."""
    known = classes_by_step(model, alignment)
    return np.pad(np.array(known, dtype=int), (0, GRANULES + 2 - len(known)))


def resident_bytes(model: Model, alignment: int = QUANTUM) -> np.ndarray:
    """Entry g is the bytes of a block that needs g granules, up to GRANULES + 1: the size of its
    class, or pages of the operating system if no class serves it."""
    pages = np.maximum(round_up(np.arange(GRANULES + 2) * QUANTUM, OS_PAGE), OS_PAGE)
    sizes = np.array([0] + [row.size for row in model.classes], dtype=float)
    classes = _classes(model, alignment)
    return np.where(classes > 0, sizes[classes], pages)
