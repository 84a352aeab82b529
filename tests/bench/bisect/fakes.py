"""Allocators that were never built, and a meter that knows how fast each of them is."""

import math
import random

from bench.lab.bisect.sought import Broken
from bench.lab.judge import compare, scale
from bench.lab.judge.compare import Comparison, Sample
from bench.lab.judge.measures import SPEED
from bench.lab.select import row
from bench.lab.select.variant import Variant
from bench.lab.stats.signed_ranks import SignedRanks

ROW = row.of("bench_tiny_hot", ("32", "100", "300000"))
ROUNDS = 25
NOISE = 0.01


class Meter:
    """`speeds` are those of variants by name, as shares of the first one's; `noise` is that of the
    rounds of a variant, if it is another one than NOISE."""

    def __init__(self, speeds: dict[str, float], noise: dict[str, float] | None = None):
        self.speeds, self.noise = speeds, noise or {}
        self.rng = random.Random(1)
        self.measured: list[tuple[str, str]] = []

    def measure(self, a: Variant, b: Variant, question) -> Comparison:
        if self.speeds.get(b.name) is None:
            raise Broken(f"{b.name} crashes")
        self.measured.append((a.name, b.name))
        centre = math.log(self.speeds[b.name] / self.speeds[a.name])
        wide = self.noise.get(b.name, NOISE)
        values = [centre + self.rng.gauss(0, wide) for _ in range(ROUNDS)]
        return compare.judge([Sample(ROW, SPEED, 1.0, math.exp(centre), scale.RATIO,
                                     SignedRanks(values), ROUNDS, ROUNDS, 0)], question)[0]


def variant(name: str) -> Variant:
    return Variant(name, "profile", "shared", {})
