"""In what occasions differ, and what makes the joined result doubtful.  Different machines are what
occasions may bring together, so this is said, and not refused."""

from collections.abc import Callable, Sequence

from scipy import special

from bench.lab.base import machine
from bench.lab.pool import occasion
from bench.lab.pool.occasion import Occasion
from bench.lab.pool.together import Pooled
from bench.lab.run.earlier import MACHINE
from bench.lab.stats.estimate import LEVEL

FEW = 3  # occasions: with so few, Student's distribution makes intervals wide
_DEFAULT = "hakmem"


def differences(found: Sequence[Occasion]) -> list[str]:
    """A sentence for each circumstance that is not the same on all occasions."""
    told = [_told(found, name, lambda one, name=name: one.machine.get(name))
            for name in (*MACHINE, "gcc")]
    told += [_told(found, name, lambda one, name=name: one.packages.get(name))
             for name in machine.PACKAGES]
    told.append(_told(found, "build of the allocators", lambda one: _flat(one.about.get("build"))))
    for name in occasion.variants(found):
        told.append(_told(found, f"profile of {name.name}",
                          lambda one, name=name.name: _profile(one, name)))
    return [f"the occasions differ: {words}" for words in told if words]


def _told(found: Sequence[Occasion], name: str, of: Callable[[Occasion], object]) -> str | None:
    """As "kernel: 6.1 in 1, 3; 6.18 in 2"; None if all are alike."""
    values: dict[str, list[str]] = {}
    for one in found:
        values.setdefault(str(of(one)), []).append(str(one.number))
    if len(values) < 2:
        return None
    return f"{name}: " + "; ".join(f"{value} in {', '.join(which)}"
                                   for value, which in values.items())


def _flat(value: object) -> object:
    """A mapping as words."""
    if not isinstance(value, dict):
        return value
    return ", ".join(f"{key} {' '.join(one) if isinstance(one, list) else one}"
                     for key, one in sorted(value.items()))


def _profile(one: Occasion, name: str) -> str | None:
    """The beginning of the hash of the profile's file; None for other variants."""
    profile = "default" if name == _DEFAULT else name.removeprefix(f"{_DEFAULT}-")
    return str((one.about.get("profiles") or {}).get(profile, ""))[:12] or None


def doubts(found: Pooled) -> list[str]:
    """What makes the result doubtful: too few occasions, differences, and each one's own doubts."""
    lines = []
    fewest = found.fewest
    if fewest <= FEW:
        times = special.stdtrit(fewest - 1, (1 + LEVEL) / 2) / special.ndtri((1 + LEVEL) / 2)
        lines.append(
            f"{'all' if fewest == len(found.occasions) else 'some'} rows have {fewest} occasions "
            "only: how far occasions vary is hardly known from so few, so Student's distribution "
            f"makes their intervals {times:.1f} times as wide as many occasions would")
    lines += differences(found.occasions)
    for one in found.occasions:
        lines += [f"occasion {one.number}: {doubt}" for doubt in one.about.get("doubts") or []]
        if one.about.get("interrupted"):
            lines.append(f"occasion {one.number} was interrupted")
    return lines + found.left_out
