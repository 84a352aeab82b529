"""The reason for the fitted classes, which is their comment in the profile."""

from typing import Sequence

import numpy as np

from gen.fit.table import Bounds, Table
from gen.limits import QUANTUM
from gen.predict.demand import Demand
from gen.record.recording import Recording
from gen.words import counted


def why_sizes(
    table: Table, seen: Demand, strength: float, recordings: Sequence[Recording]
) -> str:
    top = [int(g) for g in np.argsort(-seen.bytes, kind="stable")[:3] if seen.bytes[g] > 0]
    shares = ", ".join(
        f"{_share(seen.bytes[g] / seen.total_bytes)} of requests of "
        f"{QUANTUM * (g - 1) + 1} to {QUANTUM * g}" for g in top
    )
    return (
        f"{len(table.sizes)} classes for {int((seen.blocks > 0).sum())} recorded sizes, counted in "
        f"steps of {QUANTUM} bytes; of the live heap at its peak {shares}. A prior of "
        f"{strength:g} times these bytes stands for sizes that were not recorded, of which none "
        f"wastes more than {100 * table.bounds.step:.0f} % of its block."
        + ("" if table.header_bytes else _why_kept(table.bounds, recordings))
    )


def _why_kept(bounds: Bounds, recordings: Sequence[Recording]) -> str:
    if not bounds.ratio:
        return ""
    calls = sum(sum(one.alignments.values()) for one in recordings)
    asked = counted(calls, "recorded call") if calls else "no recorded call"
    return (
        f" Blocks with an alignment, which {asked} asked for, have classes "
        f"{' '.join(str(g * QUANTUM) for g in bounds.kept()[:3])} and so on: none takes more than "
        f"{bounds.ratio} times the larger of its size and its alignment."
    )


def _share(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.005 else "less than 1 %"
