"""What a recording says for each key but the classes: one function for each, with its reason.

Every function takes what was recorded and the default's keys, and returns the value and, in words
with numbers, what in the recording led to it; None where the recording says nothing about the key,
which then keeps the default.  Sizes are bytes.
"""

from dataclasses import dataclass
from typing import Any, Iterator, Sequence

import numpy as np

from gen.fit.caches import run_length
from gen.limits import MOST_TAKEN, OS_PAGE, PAGE, QUANTUM
from gen.model import Keys
from gen.record.recording import LargeBin, Moment, Recording

EXTRA_PERMILLE = 1.0  # of the calls that may go to central beyond those with the largest caches
TINY = 256  # bytes: what a program that lives on tiny blocks allocates up to
TINY_PERCENT = 90  # of its calls, at least
REMOTE_PERCENT = 1  # of the frees that another thread must make for central to matter
RARE_PERCENT = (2, 10)  # of the calls, that may copy: no extra room, half of the default's
FEW_LARGE = 64  # frees of large blocks, below which there is nothing to keep for
DECAYS_MS = (10, 25, 50, 100, 250, 500, 1000, 2000)  # moments of a recording are 4 ms apart
REFAULT_SECONDS = 1e-6  # to give a page back and to have it again
REFAULT_PERCENT = 0.5
MIB = 1 << 20


@dataclass(frozen=True)
class Choice:
    """One key of the profile."""

    section: str
    key: str
    value: Any
    reason: str


@dataclass(frozen=True)
class Chosen:
    """A value and why."""

    value: Any
    reason: str


@dataclass(frozen=True)
class Runs:
    """Of all recordings together: runs of allocations without a free of the size, and of frees
    without an allocation, by the same thread.  Arrays with an entry for each kind of run."""

    size: np.ndarray  # largest request of the bin
    length: np.ndarray  # blocks
    count: np.ndarray
    frees: np.ndarray  # whether it is one of frees

    @property
    def calls(self) -> float:
        return float((self.length * self.count).sum())

    def share_up_to(self, blocks: float) -> float:
        """Percent of the runs."""
        total = self.count.sum()
        return 100 * float(self.count[self.length <= blocks].sum() / total) if total else 100.0


def runs_of(recordings: Sequence[Recording]) -> Runs:
    """All of them."""
    found = [
        (one.granule * QUANTUM, run_length(i), count, is_free)
        for recording in recordings
        for one in recording.sizes
        for is_free, bursts in ((False, one.burst_allocs), (True, one.burst_frees))
        for i, count in enumerate(bursts)
        if count
    ]
    columns = list(zip(*found)) or [(), (), (), ()]
    return Runs(
        size=np.array(columns[0], dtype=float),
        length=np.array(columns[1], dtype=float),
        count=np.array(columns[2], dtype=float),
        frees=np.array(columns[3], dtype=bool),
    )


def exchanges(runs: Runs, fast_cap: int, cache_bytes: int) -> float:
    """Batches between caches and central: a run of n blocks finds half of the cache full on
    average, and each exchange moves half of a cache, at most MOST_TAKEN blocks."""
    caps = np.clip(cache_bytes // np.maximum(runs.size, 1), 2, fast_cap)
    batch = np.minimum(caps // 2, MOST_TAKEN)
    return float((np.maximum(runs.length - caps / 2, 0) / batch * runs.count).sum())


# ---- caches --------------------------------------------------------------------------------------


def fast_cap(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The least power of two that sends at most one call in 1000 more to central."""
    most, most_bytes = default["front"]["fast_cap"], default["front"]["cache_bytes"]
    runs = runs_of(recordings)
    if not runs.calls:
        return None
    least = exchanges(runs, most, most_bytes)
    for cap in _powers(32, most):
        extra = 1000 * (exchanges(runs, cap, most_bytes) - least) / runs.calls
        if extra <= EXTRA_PERMILLE:
            break
    return Chosen(
        cap,
        f"{_percent(runs.share_up_to(cap))} of the runs of allocations or frees of a size are of "
        f"at most {cap} blocks; of 1000 calls {_amount(extra)} more go to central than with {most}",
    )


def cache_bytes(recordings: Sequence[Recording], default: Keys, cap: int) -> Chosen | None:
    """The same in bytes, with that cap."""
    most = default["front"]["cache_bytes"]
    runs = runs_of(recordings)
    if not runs.calls:
        return None
    least = exchanges(runs, cap, most)
    for size in _powers(32768, most):
        extra = 1000 * (exchanges(runs, cap, size) - least) / runs.calls
        if extra <= EXTRA_PERMILLE:
            break
    return Chosen(
        size,
        f"{_bytes(size)} of one size are enough: of 1000 calls {_amount(extra)} more go to "
        f"central than with {_bytes(most)}",
    )


def _budget(recordings: Sequence[Recording], cap: int, most_bytes: int) -> int:
    """Bytes that the caches of a thread come to if each holds its longest frequent run."""
    total = 0.0
    longest: dict[int, float] = {}
    for recording in recordings:
        for one in recording.sizes:
            need = _frequent(one.burst_allocs)
            longest[one.granule] = max(longest.get(one.granule, 0.0), need)
    for granule, need in longest.items():
        size = granule * QUANTUM
        total += size * min(2 * need, cap, max(most_bytes // size, 2))
    return int(total)


def _frequent(bursts: Sequence[int]) -> float:
    """The length that 99 % of the runs do not exceed."""
    total, sofar = sum(bursts), 0
    for i, count in enumerate(bursts):
        sofar += count
        if count and sofar >= 0.99 * total:
            return run_length(i)
    return 0.0


def thread_bytes(
    recordings: Sequence[Recording], default: Keys, cap: int, most_bytes: int
) -> Chosen | None:
    """Room for twice the longest frequent run of every size, in powers of two."""
    need = _budget(recordings, cap, most_bytes)
    if not need:
        return None
    value = _power_above(need, MIB // 4, default["front"]["thread_bytes"])
    return Chosen(
        value, f"twice the longest of 99 % of the runs of each size come to {_bytes(need)} together"
    )


def total_bytes(recordings: Sequence[Recording], default: Keys, thread: int) -> Chosen | None:
    """As many budgets of a thread as there are threads, and one more."""
    threads = max(recording.threads for recording in recordings)
    value = _power_above(thread * (threads + 1), MIB, default["front"]["total_bytes"])
    return Chosen(value, f"{_count(threads, 'thread')} at most at once, and one more")


def list_max(recordings: Sequence[Recording], largest: int) -> Chosen | None:
    """Lists for all classes in programs that live on tiny blocks, else arrays for all: both kinds
    together cost a branch that is mispredicted."""
    calls = sum(one.allocs for recording in recordings for one in recording.sizes)
    tiny = sum(
        one.allocs
        for recording in recordings
        for one in recording.sizes
        if one.granule * QUANTUM <= TINY
    )
    if not calls:
        return None
    percent, remote = 100 * tiny / calls, remote_percent(recordings)
    told = f"{_percent(percent)} of the blocks are of at most {TINY} bytes"
    if percent >= TINY_PERCENT and remote < REMOTE_PERCENT:
        return Chosen(
            largest,
            told + f" and {_percent(remote)} are freed by another thread: lists touch what the "
            "program touches anyway, and keep no pointers",
        )
    return Chosen(0, told + f", {_percent(remote)} are freed by another thread: arrays")


def remote_percent(recordings: Sequence[Recording]) -> float:
    """Of the frees of small blocks: those by another thread than the one that allocated."""
    frees = sum(one.frees for recording in recordings for one in recording.sizes)
    remote = sum(one.remote_frees for recording in recordings for one in recording.sizes)
    return 100 * remote / frees if frees else 0.0


def grow_percent(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """Room that realloc adds is waste to all but those who grow again and again."""
    calls = sum(recording.total_allocs for recording in recordings)
    grown = sum(recording.reallocs_grown for recording in recordings)
    if not calls:
        return None
    percent, usual = 100 * grown / calls, default["front"]["grow_percent"]
    few, some = RARE_PERCENT
    value = 0 if percent < few else usual // 2 if percent < some else usual
    return Chosen(value, f"{_percent(percent)} of the calls let a block grow")


# ---- central -------------------------------------------------------------------------------------


def _overflow(recordings: Sequence[Recording], cap: int, most_bytes: int) -> int:
    """Bytes of the longest frequent runs of frees that caches do not hold."""
    total = 0.0
    for recording in recordings:
        for one in recording.sizes:
            size = one.granule * QUANTUM
            held = min(cap, max(most_bytes // size, 2))
            total = max(total, size * max(_frequent(one.burst_frees) - held, 0))
    return int(total)


def parked_bytes(
    recordings: Sequence[Recording], default: Keys, cap: int, most_bytes: int
) -> Chosen | None:
    """The default where threads free each other's blocks; else what overflows the caches."""
    usual, remote = default["central"]["parked_bytes"], remote_percent(recordings)
    told = f"{_percent(remote)} of the blocks are freed by another thread"
    if remote >= REMOTE_PERCENT:
        return Chosen(usual, told)
    over = _overflow(recordings, cap, most_bytes)
    value = _power_above(2 * over, MIB, usual)
    return Chosen(value, told + f", and runs of frees exceed the caches by {_bytes(over)} at most")


# ---- large blocks, memory of the system ----------------------------------------------------------


def _large(recordings: Sequence[Recording]) -> list[LargeBin]:
    return [one for recording in recordings for one in recording.larger]


def bigcache_l25(recordings: Sequence[Recording]) -> Chosen:
    """Nothing is kept for programs that hardly free large blocks."""
    frees = sum(one.frees for one in _large(recordings))
    return Chosen(frees >= FEW_LARGE, f"{_count(frees, 'large block')} freed")


def bigcache_max(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The least power of two above 99 % of the large blocks that were freed."""
    bins = sorted(_large(recordings), key=lambda one: one.most)
    total, sofar = sum(one.frees for one in bins), 0
    if total < FEW_LARGE:
        return None
    for one in bins:
        sofar += one.frees
        if sofar >= 0.99 * total:
            break
    value = _power_above(one.most, 2 * PAGE, default["large"]["bigcache_max"])
    return Chosen(value, f"99 % of the large blocks that are freed have at most {_bytes(one.most)}")


def decay_ms(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The least for which pages that were given back and are needed again take no more than
    REFAULT_PERCENT of the time.  Falls of the live bytes stand for them; those shorter than the
    decay cost nothing, and those between two moments of the recording it does not have."""
    unseen = max(1000 * one.seconds / max(len(one.timeline), 1) for one in recordings)
    values = [ms for ms in sorted({*DECAYS_MS, default["purge"]["decay_ms"]}) if ms >= unseen]
    if not values:
        return None
    for value in values:
        share = max(_refault_percent(one, value) for one in recordings)
        if share <= REFAULT_PERCENT:
            break
    return Chosen(value, f"pages needed again after {value} ms take {share:.2g} % of the time")


def _refault_percent(recording: Recording, decay: int) -> float:
    again = sum(size for seconds, size in needed_again(recording.timeline) if 1000 * seconds > decay)
    seconds = again / OS_PAGE * REFAULT_SECONDS
    return 100 * seconds / recording.seconds if recording.seconds else 0.0


def needed_again(timeline: Sequence[Moment]) -> Iterator[tuple[float, int]]:
    """Seconds, bytes: how long what was freed was not needed, wherever live bytes fell and rose
    again.  A stack of falls: each rise meets the latest of them first."""
    falls: list[tuple[float, int]] = []
    for before, after in zip(timeline, timeline[1:]):
        change = after.live_bytes - before.live_bytes
        if change < 0:
            falls.append((after.seconds, -change))
        while change > 0 and falls:
            when, size = falls.pop()
            met = min(size, change)
            yield after.seconds - when, met
            change -= met
            if size > met:
                falls.append((when, size - met))


# ---- all of them ---------------------------------------------------------------------------------


def choose(recordings: Sequence[Recording], default: Keys, largest: int) -> list[Choice]:
    """Every key but classes, slab and class_lookup, with `largest` as the largest class."""
    choices: list[Choice] = []

    def take(section: str, key: str, chosen: Chosen | None) -> Any:
        if chosen is None:
            return default[section][key]
        choices.append(Choice(section, key, chosen.value, chosen.reason))
        return chosen.value

    cap = take("front", "fast_cap", fast_cap(recordings, default))
    size = take("front", "cache_bytes", cache_bytes(recordings, default, cap))
    budget = take("front", "thread_bytes", thread_bytes(recordings, default, cap, size))
    take("front", "total_bytes", total_bytes(recordings, default, budget))
    take("front", "list_max", list_max(recordings, largest))
    take("front", "grow_percent", grow_percent(recordings, default))
    take("central", "parked_bytes", parked_bytes(recordings, default, cap, size))
    if take("large", "bigcache_l25", bigcache_l25(recordings)):
        take("large", "bigcache_max", bigcache_max(recordings, default))
    take("purge", "decay_ms", decay_ms(recordings, default))
    return choices


# ---- words ---------------------------------------------------------------------------------------


def _powers(low: int, high: int) -> Iterator[int]:
    while low < high:
        yield low
        low *= 2
    yield high


def _power_above(value: int, low: int, high: int) -> int:
    """The least power of two that is not below, within the bounds."""
    return max(low, min(1 << max(value - 1, 0).bit_length(), high))


def _percent(value: float) -> str:
    """Neither 0 nor 100 for what is not that."""
    text = f"{value:.1f}" if 0.05 <= value < 99.95 else f"{value:.0f}"
    if text == "0" and value > 0:
        return "less than 0.1 %"
    if text == "100" and value < 100:
        return "over 99.9 %"
    return text.removesuffix(".0") + " %"


def _amount(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value > 0 else "0"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _bytes(count: float) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", MIB), ("KiB", 1024)):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count:.0f} bytes"
