"""Reads a recording.  The recorder's file has the structures of recorder/layout.h, which layout.py
reads; a file packed by gzip is read as well."""

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, Iterator, Sequence

import numpy as np

from gen.record.layout import CONSTANTS, STRUCTURES
from gen.record.recording import (
    GRANULE, GRANULES, AlignedBin, LargeBin, Moment, Recording, RecordingError, SizeBin,
)

MAGIC = CONSTANTS["RECORD_MAGIC"]
VERSION = CONSTANTS["RECORD_VERSION"]
BINS = CONSTANTS["RECORD_BINS"]
BURSTS = CONSTANTS["RECORD_BURSTS"]
LARGE_LOG = CONSTANTS["RECORD_LARGE_LOG"]  # above 2^16 bytes there are eight bins a doubling
ALIGN_LOG = CONSTANTS["RECORD_ALIGN_LOG"]  # alignments from 2^5 bytes up are counted by size
GZIP = b"\x1f\x8b"
NEAR_LOG = CONSTANTS["RECORD_NEAR_LOG"]  # a peak is the one that was kept if it is hardly above

_FILE, _HEADER, _SHARD = (STRUCTURES[f"record_{name}"] for name in ("file", "header", "shard"))


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


# ---- the file ------------------------------------------------------------------------------------


def used_bytes(path: Path) -> int:
    """The number of bytes of the recorder's file that hold something.  Raises RecordingError."""
    with path.open("rb") as file:
        return _needed(_head(path, file.read(_HEADER.itemsize)))


def _needed(head: np.void) -> int:
    """Bytes of the file that are read."""
    return _at("shards") + int(head["shards_used"]) * _SHARD.itemsize


def _at(member: str) -> int:
    """The offset of a member of struct record_file, in bytes."""
    return _FILE.fields[member][1]


def _head(path: Path, data: bytes) -> np.void:
    """struct record_header.  Raises RecordingError."""
    if not data:
        raise RecordingError(f"{path}: empty; a recording is made by bazel run //gen:record")
    if len(data) < 16 or data[:8] != MAGIC:
        raise RecordingError(f"{path}: not a recording; one is made by bazel run //gen:record")
    version = int.from_bytes(data[8:16], "little")
    if version != VERSION:
        raise RecordingError(f"{path}: a recording of version {version}, this reads {VERSION}; "
                             "record the program again")
    if len(data) < _HEADER.itemsize:
        raise RecordingError(f"{path}: cut short: {len(data)} bytes; record the program again")
    head = np.frombuffer(data, _HEADER, 1)[0]
    if not (1 <= head["shards_used"] <= CONSTANTS["RECORD_SHARDS"]
            and head["kept"] < CONSTANTS["RECORD_TALLIES"]
            and head["moments"] <= CONSTANTS["RECORD_MOMENTS"]):
        raise RecordingError(f"{path}: damaged: its header says what cannot be; "
                             "record the program again")
    return head


def _read(path: Path, file: BinaryIO) -> Recording:
    """Raises RecordingError."""
    head = _head(path, file.read(_HEADER.itemsize))
    file.seek(0)
    data = file.read(needed := _needed(head))
    if len(data) < needed:
        raise RecordingError(f"{path}: cut short: {len(data)} bytes, at least {needed} expected; "
                             "record the program again")

    def part(member: str, count: int = 1) -> np.ndarray:
        """The first ones of a member that is an array; else the member alone."""
        return np.frombuffer(data, _FILE[member].base, count, _at(member))

    shards = part("shards", int(head["shards_used"]))
    tallies = _rows(part("tallies", CONSTANTS["RECORD_TALLIES"] * BINS)).reshape(-1, BINS, 3)
    counts = {name: shards["bins"][name].sum(axis=0).astype(np.int64) for name in _COUNTS}
    bursts = [_bursts(shards, *names) for names in (("allocs", "burst_allocs"),
                                                    ("frees", "burst_frees"))]
    in_use = _rest(tallies[0], *(np.stack([counts[name] for name in names], axis=1)
                                 for names in (_MADE, _FREED)))
    # A new peak that no look has put into the header yet.
    peak = max(int(head["peak"]), int((shards["high"] + shards["others"]).max()))
    kept_peak = int(head["kept_peak"])
    was_kept = bool(head["kept"]) and peak <= kept_peak + (kept_peak >> NEAR_LOG)
    at_peak = tallies[head["kept"]] if was_kept else in_use
    bins = np.flatnonzero(_bits(shards["used"]).any(axis=0) | tallies[0].any(axis=1))
    calls = shards["alignments"].sum(axis=0)
    return Recording(
        program=_command(data),
        pid=int(head["pid"]),
        threads=int(head["threads_most"]),
        threads_started=int(head["threads_started"]),
        seconds=int(head["last_ns"]) / 1e9,
        complete=bool(head["complete"]),
        sizes=tuple(_size_bin(int(i), counts, at_peak, bursts) for i in bins[bins < GRANULES]),
        larger=tuple(_large_bin(int(i), counts, at_peak) for i in bins[bins >= GRANULES]),
        peak_live_bytes=peak,
        peak_live_blocks=int(at_peak[bins, 0].sum()),
        total_allocs=int(counts["allocs"].sum()),
        total_frees=int(counts["frees"].sum()),
        timeline=_timeline(part("moments", int(head["moments"]))),
        alignments={1 << int(i): int(calls[i]) for i in np.flatnonzero(calls)},
        reallocs_grown=int(shards["reallocs_grown"].sum()),
        start=int(head["started_ns"]) / 1e9,
        inherited_bytes=int(head["inherited_bytes"]),
        aligned=tuple(_aligned(part("aligned")[0], int(head["kept"]) if was_kept else 0)),
    )


_MADE = ("allocs", "bytes", "full")
_FREED = ("frees", "freed_bytes", "freed_full")
_COUNTS = (*_MADE, *_FREED, "remote_frees")


def _rows(tallies: np.ndarray) -> np.ndarray:
    """struct record_tally as rows of three: blocks, bytes, full blocks."""
    return np.stack([tallies[name] for name in tallies.dtype.names], axis=-1).astype(np.int64)


def _rest(inherited: np.ndarray, made: np.ndarray, freed: np.ndarray) -> np.ndarray:
    """The blocks in use; a process that was killed may have counted a free before its
    allocation."""
    return np.maximum(inherited + made - freed, 0)


def _bits(words: np.ndarray) -> np.ndarray:
    """The bits of each row of words, the lowest first, as bools."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=-1,
                         bitorder="little").astype(bool)


def _bursts(shards: np.ndarray, calls: str, name: str) -> np.ndarray:
    """Runs of such calls by bin and length, of all shards, as in SizeBin; a run that was not over
    when the recording ended counts as well."""
    found = shards["spreads"][name].sum(axis=0).astype(np.int64)
    of_bins = shards["bins"]
    runs = of_bins[calls].astype(np.uint32) - of_bins[f"{calls}_seen"]
    _, which = np.nonzero(runs)
    lengths = np.frexp(runs[runs != 0].astype(float))[1]  # 2^(length - 1) <= run < 2^length
    np.add.at(found, (which, np.minimum(lengths, BURSTS - 1)), 1)
    return found[:, 1:]


def _command(data: bytes) -> str:
    at = _HEADER.fields["program"][1]
    words = data[at : at + CONSTANTS["RECORD_PROGRAM"]].rstrip(b"\0").split(b"\0")
    return b" ".join(words).decode(errors="replace")


def _size_bin(i: int, counts: dict[str, np.ndarray], at_peak: np.ndarray,
              bursts: list[np.ndarray]) -> SizeBin:
    blocks, size, full = at_peak[i].tolist()
    allocs, frees = (tuple(found[i].tolist()) for found in bursts)
    return SizeBin(
        granule=i + 1, peak_blocks=blocks, peak_bytes=size, peak_full=full, burst_allocs=allocs,
        burst_frees=frees, **{name: int(counts[name][i]) for name in (
            "allocs", "bytes", "full", "frees", "remote_frees")},
    )


def large_bounds(number: int) -> tuple[int, int]:
    """The least and the most bytes of a bin above 64 KiB, counted from 0."""
    doubling, eighth = LARGE_LOG + number // 8, number % 8
    step = 1 << (doubling - 3)
    least = (8 + eighth) * step
    return max(least, GRANULE * GRANULES + 1), least + step - 1


def _large_bin(i: int, counts: dict[str, np.ndarray], at_peak: np.ndarray) -> LargeBin:
    least, most = large_bounds(i - GRANULES)
    blocks, size, _ = at_peak[i].tolist()
    return LargeBin(
        least=least, most=most, peak_blocks=blocks, peak_bytes=size,
        **{name: int(counts[name][i]) for name in ("allocs", "bytes", "frees", "remote_frees")},
    )


def _timeline(moments: np.ndarray) -> tuple[Moment, ...]:
    """A process that is killed while it thins them out leaves some twice."""
    found = {int(ns): int(live) for ns, live in moments.tolist()}
    return tuple(Moment(ns / 1e9, live) for ns, live in sorted(found.items()))


def _aligned(aligned: np.void, kept: int) -> Iterator[AlignedBin]:
    """In use at the peak is what was kept then, or else, `kept` being 0, what is in use at the
    end."""
    for i in np.flatnonzero(_bits(aligned["used"])):
        cell = aligned["cells"][i]
        made, freed = (_rows(cell[name]) for name in ("made", "freed"))
        in_use = _rows(cell["in_use"])
        at_peak = in_use[kept] if kept else _rest(in_use[0], made, freed)
        yield AlignedBin(
            1 << (ALIGN_LOG + int(i) // GRANULES), int(i) % GRANULES + 1, *made.tolist(),
            int(freed[0]), *at_peak.tolist()
        )
