"""Chooses the keys of a profile that are not about classes: one function for each key.

Each takes the recordings and the default's keys.  It returns the value and the reason: the words
and numbers in which the recordings led to it.  It returns None if they say nothing about the key,
which then keeps the default.  Sizes are bytes.
"""

from dataclasses import dataclass
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from gen.fit.habits import TINY, habits_of
from gen.limits import OS_PAGE, PAGE, QUANTUM
from gen.model import Keys
from gen.predict.runs import Runs, frequent, most_of, runs_of
from gen.record.recording import LargeBin, Moment, Recording
from gen.words import bytes_in_text, counted, percent

EXTRA_PERMILLE = 1.0  # of the calls: so many more than with the largest caches may go to central
RARE_PERCENT = (2, 10)  # of the calls let a block grow: below, no extra room; half of the default's
FEW_LARGE = 64  # frees of large blocks; with fewer, keeping them serves nobody
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
    """A value and its reason."""

    value: Any
    reason: str


# ---- caches --------------------------------------------------------------------------------------


def fast_cap(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The least power of two that sends at most one call in 1000 more to central."""
    most, most_bytes = default["front"]["fast_cap"], default["front"]["cache_bytes"]
    runs = runs_of(recordings)
    found = _least(runs, 32, most, lambda cap: runs.exchanges(cap, most_bytes))
    return found and Chosen(
        found.value,
        f"{percent(runs.share_up_to(found.value))} of the runs of allocations or frees of a size "
        f"are of at most {found.value} blocks; of 1000 calls {found.extra} more go to central than "
        f"with {most}",
    )


def cache_bytes(recordings: Sequence[Recording], default: Keys, cap: int) -> Chosen | None:
    """The least power of two that sends at most one call in 1000 more to central, with that cap."""
    most = default["front"]["cache_bytes"]
    runs = runs_of(recordings)
    found = _least(runs, 32768, most, lambda size: runs.exchanges(cap, size))
    return found and Chosen(
        found.value,
        f"{bytes_in_text(found.value)} of one size are enough: of 1000 calls {found.extra} more "
        f"go to central than with {bytes_in_text(most)}",
    )


class _Least(NamedTuple):
    value: int
    extra: str  # of 1000 calls, how many more go to central than with the largest value


def _least(
    runs: Runs, low: int, high: int, exchanges: Callable[[int], float]
) -> _Least | None:
    """The least power of two from `low` on that sends few enough batches to central, else `high`.
    `exchanges` tells how many a value sends.  None if there are no runs."""
    if not runs.calls:
        return None
    for value in _powers(low, high):
        extra = 1000 * (exchanges(value) - exchanges(high)) / runs.calls
        if extra <= EXTRA_PERMILLE:
            break
    return _Least(value, f"{extra:.2f}".rstrip("0").rstrip(".") if extra > 0 else "0")


def _held(size: int, cap: int, most_bytes: int) -> int:
    """Most blocks of a size in a cache with these limits."""
    return min(cap, max(most_bytes // size, 2))


def _budget(recordings: Sequence[Recording], cap: int, most_bytes: int) -> int:
    """Bytes in a thread's cache if it holds twice the longest frequent run of every size."""
    total = 0.0
    longest: dict[int, float] = {}
    for recording in recordings:
        for one in recording.sizes:
            need = frequent(one.burst_allocs)
            longest[one.granule] = max(longest.get(one.granule, 0.0), need)
    for granule, need in longest.items():
        size = granule * QUANTUM
        total += size * min(2 * need, _held(size, cap, most_bytes))
    return int(total)


def thread_bytes(
    recordings: Sequence[Recording], default: Keys, cap: int, most_bytes: int
) -> Chosen | None:
    """The least power of two with room for twice the longest frequent run of every size."""
    need = _budget(recordings, cap, most_bytes)
    if not need:
        return None
    value = _power_above(need, MIB // 4, default["front"]["thread_bytes"])
    return Chosen(
        value,
        f"twice the longest of 99 % of the runs of each size come to {bytes_in_text(need)} together",
    )


def total_bytes(recordings: Sequence[Recording], default: Keys, thread: int) -> Chosen | None:
    """The budget of a thread times the number of threads, and once more."""
    threads = max(recording.threads for recording in recordings)
    value = _power_above(thread * (threads + 1), MIB, default["front"]["total_bytes"])
    return Chosen(value, f"{counted(threads, 'thread')} at most at once, and one more")


def list_max(recordings: Sequence[Recording], largest: int) -> Chosen | None:
    """`largest`, for lists in all classes, if the program lives on tiny blocks; else 0, for arrays.
    Both kinds together cost a branch, which is mispredicted."""
    habits = habits_of(recordings)
    if not habits.calls:
        return None
    told = f"{percent(100 * habits.tiny_share)} of the blocks are of at most {TINY} bytes"
    remote = f"{percent(100 * habits.remote_share)} are freed by another thread"
    if habits.lives_on_tiny:
        return Chosen(
            largest,
            f"{told} and {remote}: lists touch what the program touches anyway, and keep no "
            "pointers",
        )
    return Chosen(0, f"{told}, {remote}: arrays")


def grow_percent(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The default's, half of it, or 0: only programs whose blocks grow often use the room that
    realloc adds."""
    calls = sum(recording.total_allocs for recording in recordings)
    grown = sum(recording.reallocs_grown for recording in recordings)
    if not calls:
        return None
    share, usual = 100 * grown / calls, default["front"]["grow_percent"]
    few, some = RARE_PERCENT
    value = 0 if share < few else usual // 2 if share < some else usual
    return Chosen(value, f"{percent(share)} of the calls let a block grow")


# ---- central -------------------------------------------------------------------------------------


def _overflow(recordings: Sequence[Recording], cap: int, most_bytes: int) -> int:
    """Bytes by which the longest frequent run of frees exceeds a cache, for the size with most."""
    total = 0.0
    for recording in recordings:
        for one in recording.sizes:
            size = one.granule * QUANTUM
            over = frequent(one.burst_frees) - _held(size, cap, most_bytes)
            total = max(total, size * over)
    return int(total)


def parked_bytes(
    recordings: Sequence[Recording], default: Keys, cap: int, most_bytes: int
) -> Chosen | None:
    """The default's if threads free each other's blocks; else room for twice what overflows a
    cache."""
    usual, habits = default["central"]["parked_bytes"], habits_of(recordings)
    told = f"{percent(100 * habits.remote_share)} of the blocks are freed by another thread"
    if habits.passes_blocks_on:
        return Chosen(usual, told)
    over = _overflow(recordings, cap, most_bytes)
    value = _power_above(2 * over, MIB, usual)
    return Chosen(
        value, f"{told}, and runs of frees exceed the caches by {bytes_in_text(over)} at most"
    )


# ---- large blocks, memory of the system ----------------------------------------------------------


def _large(recordings: Sequence[Recording]) -> list[LargeBin]:
    return [one for recording in recordings for one in recording.larger]


def bigcache_l25(recordings: Sequence[Recording]) -> Chosen:
    """Whether large blocks are kept: not if the program hardly frees any."""
    frees = sum(one.frees for one in _large(recordings))
    return Chosen(frees >= FEW_LARGE, f"{counted(frees, 'large block')} freed")


def bigcache_max(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The least power of two that 99 % of the freed large blocks do not exceed."""
    bins = sorted(_large(recordings), key=lambda one: one.most)
    frees = [one.frees for one in bins]
    if sum(frees) < FEW_LARGE:
        return None
    most = bins[most_of(frees)].most
    value = _power_above(most, 2 * PAGE, default["large"]["bigcache_max"])
    return Chosen(
        value, f"99 % of the large blocks that are freed have at most {bytes_in_text(most)}"
    )


def decay_ms(recordings: Sequence[Recording], default: Keys) -> Chosen | None:
    """The least for which faults on pages that had been given back take at most REFAULT_PERCENT of
    the time.  Such pages are estimated by the falls of the live bytes: a fall that is over before
    the decay costs nothing.  The recording does not show falls between two of its moments."""
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
    """Yields seconds and bytes: for how long freed bytes were not needed.  The live bytes fall and
    rise; each rise takes back the bytes of the latest falls first."""
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
    """The choices of all keys but those of classes, slab and class_lookup.  `largest` is the
    largest class."""
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
    """The least power of two that is at least `value`, limited to low..high."""
    return max(low, min(1 << max(value - 1, 0).bit_length(), high))
