"""What a program asked of malloc, as gen/record/recorder/ counted it.  The layout of the file is that of
gen/record/recorder/layout.h; a file packed by gzip is read as well."""

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterable, Iterator, Sequence

MAGIC = b"hakrec\r\n"
VERSION = 2
PAGE = 4096  # the parts of the file begin on pages
GZIP = b"\x1f\x8b"
GRANULE = 16  # bytes
GRANULES = 4096
LARGE_LOG = 16  # above 2^16 bytes there are eight bins a doubling
DOUBLINGS = 48
MOST_MOMENTS = 256
MERGED_MOMENTS = 256
MOST_SHARDS = 64
ALIGN_LOG, ALIGN_LEVELS = 5, 12  # alignments of 2^5 .. 2^16 bytes are counted by size
NEAR = 64  # a peak is the one that was kept if it is not more than 1/64 above

_HEADER = struct.Struct("=8s26Q32Q1024s")
_SHARD = struct.Struct("=2Q5q8Q48Q8Q68Q")
_BIN = struct.Struct("=7Q2I")
_SPREAD = struct.Struct("=64Q")
_TALLY = struct.Struct("=3Q")
_MOMENT = struct.Struct("=51Q")
_ALIGNED_USED = struct.Struct(f"={ALIGN_LEVELS * GRANULES // 64}Q")
_ALIGNED = struct.Struct("=15Q")


class RecordingError(Exception):
    """FILE: what is wrong, what would be right"""


@dataclass(frozen=True)
class SizeBin:
    """Requests of 16 * (granule - 1) + 1 .. 16 * granule bytes; granule 1 has those of 0, too."""

    granule: int
    allocs: int  # calls that made such a block: malloc, calloc, aligned, every realloc to it
    bytes: int  # requested by these
    full: int  # how many of them asked for exactly 16 * granule bytes
    frees: int  # a realloc is one of the old block
    remote_frees: int  # by another thread than the one that allocated
    peak_blocks: int  # in use at the process's peak of live bytes (within 3 %)
    peak_bytes: int  # requested by those
    peak_full: int
    burst_allocs: tuple[int, ...]  # [i]: runs of 2^i..2^(i+1)-1 allocations without a free of this
    # bin by the same thread; the last one also of more
    burst_frees: tuple[int, ...]  # the same for frees without an allocation
    lifetimes: tuple[int, ...]  # [i]: blocks freed after 2^i..2^(i+1)-1 further allocations of the
    # thread that made them; [0] after none as well


@dataclass(frozen=True)
class LargeBin:
    """Requests of least..most bytes, above 64 KiB; otherwise as SizeBin."""

    least: int
    most: int
    allocs: int
    bytes: int
    frees: int
    remote_frees: int
    peak_blocks: int
    peak_bytes: int


@dataclass(frozen=True)
class AlignedBin:
    """Those blocks of a SizeBin that were asked for with an alignment of 32 bytes to 64 KiB."""

    alignment: int
    granule: int
    allocs: int
    bytes: int
    full: int
    frees: int
    peak_blocks: int
    peak_bytes: int
    peak_full: int


@dataclass(frozen=True)
class Moment:
    """What was in use at one time."""

    seconds: float  # since the start
    live_bytes: int
    live_blocks: int
    by_doubling: tuple[int, ...]  # live bytes of requests of 2^i..2^(i+1)-1 bytes; all below 16
    # bytes are in [3]


@dataclass(frozen=True)
class Recording:
    """One process from its start; a child of fork has its parent's blocks from before, too."""

    program: str  # command line
    pid: int
    threads: int  # most at once, of those that called malloc
    threads_started: int
    seconds: float  # from the start to the last operation, as far as seen
    complete: bool  # False: ended by a signal or by exec, or still running
    sizes: tuple[SizeBin, ...]  # only bins that were used, by granule
    larger: tuple[LargeBin, ...]
    peak_live_bytes: int
    peak_live_blocks: int  # at that peak (within 3 %)
    total_allocs: int
    total_frees: int
    timeline: tuple[Moment, ...]
    alignments: dict[int, int]  # alignment asked for (bytes, above 16) -> calls
    reallocs: int  # of a block, to a size above 0
    reallocs_grown: int
    reallocs_moved_class: int  # across granules
    idle: tuple[int, ...]  # [i]: pauses of the whole process without a call, of 2^i..2^(i+1)-1 ms
    realloc_chains: tuple[int, ...] = ()  # [i]: blocks that reached their 2^i-th realloc
    start: float = 0.0  # seconds of the machine's clock
    inherited_bytes: int = 0  # in use when fork made the process
    aligned: tuple[AlignedBin, ...] = ()  # by alignment, then granule; sizes has them as well


@dataclass(frozen=True)
class _Head:
    """The header, as far as it is needed."""

    shards_at: int
    shard_bytes: int
    tallies_at: int
    moments_at: int
    bins_at: int
    spreads_at: int
    aligned_at: int
    bins: int
    pid: int
    started_ns: int
    shards_used: int
    threads_most: int
    threads_started: int
    peak: int
    kept_peak: int
    kept: int
    last_ns: int
    complete: int
    moments: int
    inherited_bytes: int
    pauses: tuple[int, ...]
    program: str

    @property
    def needed(self) -> int:
        """Bytes of the file that are read."""
        return self.shards_at + self.shards_used * self.shard_bytes


def load(path: Path) -> Recording:
    """The recording of one process, which may still run.  Raises RecordingError."""
    require_file(path)
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            if not packed:
                return _read(path, file)
            with gzip.open(file) as unpacked:
                found = _read(path, unpacked)
                if unpacked.read(1):  # at the end the checksum is looked at
                    raise EOFError
                return found
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise RecordingError(f"{path}: cut short or damaged; record the program again") from None
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None


def load_all(paths: Sequence[Path]) -> list[Recording]:
    """One for each file.  Raises RecordingError, also for a recording of a process that another is
    of, be it a copy, packed, or taken before the end: it would count as another run."""
    found: list[Recording] = []
    for path in paths:
        one = load(path)
        for before, other in zip(paths, found):
            if one == other or one.start and (one.pid, one.start) == (other.pid, other.start):
                raise RecordingError(f"{path}: of the same process as {before}; name one of them")
        found.append(one)
    return found


def require_file(path: Path) -> None:
    """Raises RecordingError for what would block or be a folder; not for what is not there."""
    if path.exists() and not path.is_file():
        raise RecordingError(f"{path}: is no file; name what bazel run //gen:record has written")


def used_bytes(path: Path) -> int:
    """How much of a file that the recorder wrote holds something.  Raises RecordingError."""
    with path.open("rb") as file:
        return _head(path, file.read(_HEADER.size)).needed


def _head(path: Path, data: bytes) -> _Head:
    if not data:
        raise RecordingError(f"{path}: empty; a recording is made by bazel run //gen:record")
    if len(data) < 16 or data[:8] != MAGIC:
        raise RecordingError(f"{path}: not a recording; one is made by bazel run //gen:record")
    version = struct.unpack_from("=Q", data, 8)[0]
    if version != VERSION:
        raise RecordingError(f"{path}: a recording of version {version}, this reads {VERSION}; "
                             "record the program again")
    if len(data) < _HEADER.size:
        raise RecordingError(f"{path}: cut short: {len(data)} bytes; record the program again")
    fields = _HEADER.unpack_from(data)
    (bins, shards, tallies_at, moments_at, shards_at, shard_bytes, bins_at, spreads_at, aligned,
     aligned_at, pid, _, started_ns, shards_used, _, threads_most, threads_started, peak,
     kept_peak, kept, last_ns, complete, moments, _, inherited_bytes) = fields[2:27]
    fits = (
        _follows(tallies_at, _HEADER.size)
        and _follows(aligned_at, tallies_at + 3 * bins * _TALLY.size)
        and _follows(moments_at, aligned_at + _ALIGNED_USED.size + aligned * _ALIGNED.size)
        and _follows(shards_at, moments_at + MOST_MOMENTS * _MOMENT.size)
        and _follows(bins_at, _SHARD.size)
        and _follows(spreads_at, bins_at + bins * _BIN.size)
        and _follows(shard_bytes, spreads_at + bins * _SPREAD.size)
        and 1 <= shards_used <= shards <= MOST_SHARDS
        and kept <= 2
        and moments <= MOST_MOMENTS
        and aligned == ALIGN_LEVELS * GRANULES
    )
    if bins != GRANULES + 8 * (DOUBLINGS - LARGE_LOG) or not fits:
        raise RecordingError(f"{path}: damaged: its header says what cannot be; "
                             "record the program again")
    words = fields[59].rstrip(b"\0").split(b"\0")
    return _Head(
        shards_at=shards_at, shard_bytes=shard_bytes, tallies_at=tallies_at, moments_at=moments_at,
        bins_at=bins_at, spreads_at=spreads_at, aligned_at=aligned_at, bins=bins, pid=pid,
        started_ns=started_ns, shards_used=shards_used, threads_most=threads_most, threads_started=threads_started,
        peak=peak, kept_peak=kept_peak, kept=kept, last_ns=last_ns, complete=complete,
        moments=moments, inherited_bytes=inherited_bytes, pauses=fields[27:59],
        program=b" ".join(words).decode(errors="replace"),
    )


def _follows(at: int, end: int) -> bool:
    """Whether a part may begin there, where the one before it ends here."""
    return end <= at < end + PAGE


class _Bin:
    """One bin over all shards."""

    def __init__(self) -> None:
        self.allocs = self.bytes = self.full = 0
        self.frees = self.freed_bytes = self.freed_full = self.remote_frees = 0
        self.spread = [0] * 64
        self.inherited = self.kept = (0, 0, 0)

    def add(self, counts: tuple[int, ...], spread: tuple[int, ...]) -> None:
        """One shard's."""
        (allocs, requested, full, frees, freed_bytes, freed_full, remote, allocs_seen,
         frees_seen) = counts
        self.allocs += allocs
        self.bytes += requested
        self.full += full
        self.frees += frees
        self.freed_bytes += freed_bytes
        self.freed_full += freed_full
        self.remote_frees += remote
        self.spread = [one + other for one, other in zip(self.spread, spread)]
        for seen, now, first in ((allocs_seen, allocs, 0), (frees_seen, frees, 16)):
            run = (now - seen) & 0xFFFFFFFF  # not over when the recording ended
            if run:
                self.spread[first + min(run.bit_length(), 15)] += 1

    @property
    def live(self) -> tuple[int, int, int]:
        """Blocks, bytes, full blocks in use."""
        return (
            max(0, self.inherited[0] + self.allocs - self.frees),
            max(0, self.inherited[1] + self.bytes - self.freed_bytes),
            max(0, self.inherited[2] + self.full - self.freed_full),
        )


def _read(path: Path, file: BinaryIO) -> Recording:
    head = _head(path, file.read(_HEADER.size))
    file.seek(0)
    data = file.read(head.needed)
    if len(data) < head.needed:
        raise RecordingError(f"{path}: cut short: {len(data)} bytes, at least {head.needed} "
                             "expected; record the program again")
    shards = [_SHARD.unpack_from(data, head.shards_at + number * head.shard_bytes)
              for number in range(head.shards_used)]
    bins = _bins(data, head, shards)
    # high and others of each shard: a new peak that no look has put into the header yet.
    peak = max(head.peak, *(shard[3] + shard[6] for shard in shards))
    was_kept = head.kept and peak <= head.kept_peak + head.kept_peak // NEAR
    at_peak = {number: one.kept if was_kept else one.live for number, one in bins.items()}
    chains = [sum(column) for column in zip(*(shard[63:71] for shard in shards))]
    aligned = [sum(column) for column in zip(*(shard[15:63] for shard in shards))]
    return Recording(
        program=head.program,
        pid=head.pid,
        threads=head.threads_most,
        threads_started=head.threads_started,
        seconds=head.last_ns / 1e9,
        complete=bool(head.complete),
        sizes=tuple(_size_bin(number, one, at_peak[number])
                    for number, one in bins.items() if number < GRANULES),
        larger=tuple(_large_bin(number, one, at_peak[number])
                     for number, one in bins.items() if number >= GRANULES),
        peak_live_bytes=peak,
        peak_live_blocks=sum(blocks for blocks, _, _ in at_peak.values()),
        total_allocs=sum(one.allocs for one in bins.values()),
        total_frees=sum(one.frees for one in bins.values()),
        timeline=_timeline(data, head),
        alignments={1 << i: calls for i, calls in enumerate(aligned) if calls},
        reallocs=sum(shard[11] for shard in shards),
        reallocs_grown=sum(shard[12] for shard in shards),
        reallocs_moved_class=sum(shard[13] for shard in shards),
        idle=head.pauses,
        realloc_chains=tuple(chains),
        start=head.started_ns / 1e9,
        inherited_bytes=head.inherited_bytes,
        aligned=tuple(_aligned(data, head, bool(was_kept))),
    )


def _bins(data: bytes, head: _Head, shards: list[tuple[int, ...]]) -> dict[int, _Bin]:
    """Those that were used, in order."""
    inherited = {i: tally for i in range(head.bins) if any(tally := _tally(data, head, 0, i))}
    used = inherited.keys() | {i for shard in shards for i in _bits(shard[71:])}
    bins = {i: _Bin() for i in sorted(used)}
    for i, one in bins.items():
        one.inherited = inherited.get(i, (0, 0, 0))
        if head.kept:
            one.kept = _tally(data, head, head.kept, i)
        for number in range(head.shards_used):
            base = head.shards_at + number * head.shard_bytes
            one.add(_BIN.unpack_from(data, base + head.bins_at + i * _BIN.size),
                    _SPREAD.unpack_from(data, base + head.spreads_at + i * _SPREAD.size))
    return bins


def _bits(words: Iterable[int]) -> Iterator[int]:
    for number, word in enumerate(words):
        while word:
            low = word & -word
            yield 64 * number + low.bit_length() - 1
            word ^= low


def _tally(data: bytes, head: _Head, which: int, number: int) -> tuple[int, int, int]:
    return _TALLY.unpack_from(data, head.tallies_at + (which * head.bins + number) * _TALLY.size)


def _size_bin(number: int, one: _Bin, at_peak: tuple[int, int, int]) -> SizeBin:
    return SizeBin(
        granule=number + 1, allocs=one.allocs, bytes=one.bytes, full=one.full, frees=one.frees,
        remote_frees=one.remote_frees, peak_blocks=at_peak[0], peak_bytes=at_peak[1],
        peak_full=at_peak[2], burst_allocs=tuple(one.spread[1:16]),
        burst_frees=tuple(one.spread[17:32]), lifetimes=tuple(one.spread[32:]),
    )


def large_bounds(number: int) -> tuple[int, int]:
    """The least and the most bytes of a bin above 64 KiB, counted from 0."""
    doubling, eighth = LARGE_LOG + number // 8, number % 8
    step = 1 << (doubling - 3)
    least = (8 + eighth) * step
    return max(least, GRANULE * GRANULES + 1), least + step - 1


def _large_bin(number: int, one: _Bin, at_peak: tuple[int, int, int]) -> LargeBin:
    least, most = large_bounds(number - GRANULES)
    return LargeBin(
        least=least, most=most, allocs=one.allocs, bytes=one.bytes, frees=one.frees,
        remote_frees=one.remote_frees, peak_blocks=at_peak[0], peak_bytes=at_peak[1],
    )


def _timeline(data: bytes, head: _Head) -> tuple[Moment, ...]:
    """A process that is killed while it thins them out leaves some twice."""
    moments = {}
    for i in range(head.moments):
        ns, live, blocks, *doublings = _MOMENT.unpack_from(data, head.moments_at + i * _MOMENT.size)
        moments[ns] = Moment(ns / 1e9, live, blocks, tuple(doublings))
    return tuple(moment for _, moment in sorted(moments.items()))


def _aligned(data: bytes, head: _Head, was_kept: bool) -> Iterator[AlignedBin]:
    """In use at the peak is what was kept then, or else what is in use at the end."""
    cells_at = head.aligned_at + _ALIGNED_USED.size
    for i in _bits(_ALIGNED_USED.unpack_from(data, head.aligned_at)):
        fields = _ALIGNED.unpack_from(data, cells_at + i * _ALIGNED.size)
        made, freed, inherited, *kept = (fields[at : at + 3] for at in range(0, 15, 3))
        at_peak = kept[head.kept - 1] if was_kept else tuple(
            max(0, before + more - less) for before, more, less in zip(inherited, made, freed)
        )
        yield AlignedBin(
            1 << (ALIGN_LOG + i // GRANULES), i % GRANULES + 1, *made, freed[0], *at_peak
        )


# ---- several processes ---------------------------------------------------------------------------


def merge(recordings: list[Recording]) -> Recording:
    """Several processes of one program as one load: totals added, peaks added.  At least one."""
    if len(recordings) == 1:
        return recordings[0]
    start = min(one.start for one in recordings)
    return Recording(
        program="; ".join(dict.fromkeys(one.program for one in recordings)),
        pid=recordings[0].pid,
        seconds=max(one.start + one.seconds for one in recordings) - start,
        complete=all(one.complete for one in recordings),
        sizes=_merge_bins([one.sizes for one in recordings], "granule"),
        larger=_merge_bins([one.larger for one in recordings], "least"),
        aligned=_merge_bins([one.aligned for one in recordings], "alignment", "granule"),
        timeline=_merge_timelines(recordings, start),
        alignments=dict(sorted(_sum_of_dicts(one.alignments for one in recordings).items())),
        idle=_sum_of_columns(one.idle for one in recordings),
        realloc_chains=_sum_of_columns(one.realloc_chains for one in recordings),
        start=start,
        **{name: sum(getattr(one, name) for one in recordings) for name in (
            "threads", "threads_started", "peak_live_bytes", "peak_live_blocks", "total_allocs",
            "total_frees", "reallocs", "reallocs_grown", "reallocs_moved_class",
            "inherited_bytes")},
    )


def _sum_of_columns(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    total: list[int] = []
    for row in rows:
        total += [0] * (len(row) - len(total))
        for i, value in enumerate(row):
            total[i] += value
    return tuple(total)


def _sum_of_dicts(dicts: Iterable[dict[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for one in dicts:
        for key, value in one.items():
            total[key] = total.get(key, 0) + value
    return total


def _merge_bins(of_each: list[tuple], *keys: str) -> tuple:
    """Bins of the same keys become one: numbers and histograms are added."""
    together: dict[tuple[int, ...], list] = {}
    for bins in of_each:
        for one in bins:
            together.setdefault(tuple(getattr(one, key) for key in keys), []).append(one)
    return tuple(_add_bins(same) for _, same in sorted(together.items()))


def _add_bins(same: list) -> SizeBin | LargeBin | AlignedBin:
    total = {}
    for name, first in vars(same[0]).items():
        values = [getattr(one, name) for one in same]
        if name in ("alignment", "granule", "least", "most"):
            total[name] = first
        else:
            total[name] = _sum_of_columns(values) if isinstance(first, tuple) else sum(values)
    return type(same[0])(**total)


def _merge_timelines(recordings: list[Recording], start: float) -> tuple[Moment, ...]:
    """At most MERGED_MOMENTS times; at each the last moment of every process that then ran."""
    times = sorted({one.start + moment.seconds for one in recordings for moment in one.timeline})
    times = times[::-(-len(times) // MERGED_MOMENTS) or 1]
    merged = []
    for time in times:
        now = [_moment_at(one, time) for one in recordings]
        running = [moment for moment in now if moment]
        merged.append(Moment(
            time - start, sum(moment.live_bytes for moment in running),
            sum(moment.live_blocks for moment in running),
            _sum_of_columns(moment.by_doubling for moment in running)))
    return tuple(merged)


def _moment_at(one: Recording, time: float) -> Moment | None:
    if time > one.start + one.seconds:
        return None
    before = [moment for moment in one.timeline if one.start + moment.seconds <= time]
    return before[-1] if before else None
