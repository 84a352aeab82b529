"""Every operation of a recorded process, in order.  The file has the structures of
recorder/layout.h, which layout.py reads; that header tells what the bits of a word mean."""

import heapq
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator

import numpy as np

from gen.record.layout import CONSTANTS, STRUCTURES
from gen.record.reader import require_file
from gen.record.recording import RecordingError

MAGIC = CONSTANTS["TRACE_MAGIC"]
VERSION = CONSTANTS["TRACE_VERSION"]
CHUNKS_AT = STRUCTURES["trace_file"].itemsize
CHUNK_BYTES = CONSTANTS["TRACE_CHUNK"]
MALLOC, CALLOC, REALLOC, ALIGNED, FREE, ADOPT = (
    "malloc", "calloc", "realloc", "aligned", "free", "adopt")

_HEADER = STRUCTURES["trace_header"]
_KINDS = {CONSTANTS[f"TRACE_{kind.upper()}"]: kind
          for kind in (MALLOC, CALLOC, REALLOC, ALIGNED, FREE, ADOPT)}
_SKIP, _THREAD, _TIME = (CONSTANTS[f"TRACE_{kind}"] for kind in ("SKIP", "THREAD", "TIME"))
_MADE = frozenset((MALLOC, CALLOC, REALLOC, ALIGNED))
_TWO_WORDS = frozenset((REALLOC, ALIGNED, ADOPT))
_DELTAS = CONSTANTS["TRACE_DELTAS"] - 1
_DELTA_SHIFT, _PAYLOAD_SHIFT = (CONSTANTS[f"TRACE_{name}_SHIFT"] for name in ("DELTA", "PAYLOAD"))
_BIRTHS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Record:
    """One operation.  A block is a number, which no other block of the trace has, nor its own
    successor after a realloc."""

    sequence: int  # over all threads, rising
    thread: int  # from 1, by the first call
    kind: str
    block: int  # made by malloc, calloc, aligned and realloc; given up by free
    size: int = 0  # bytes; of adopt: of the block
    alignment: int = 0  # bytes, for aligned
    old: int = 0  # block given up, for realloc
    seconds: float = 0.0  # since the start, to a millisecond or so


@dataclass(frozen=True)
class Totals:
    """The counts of a whole trace, as in a Recording."""

    allocs: int
    frees: int
    peak_live_bytes: int
    threads: int
    unknown: int  # frees of blocks that nobody made: above 0 the trace is wrong


class Trace:
    """A trace file.  `adopt` comes before the end of a block from before the fork that began the
    process: such blocks were there from the start."""

    def __init__(self, path: Path):
        """Raises RecordingError."""
        self.path = path
        self.pid, self.chunk_words, self.stopped, self.words = _open(path)

    @property
    def whole(self) -> bool:
        """Whether the room that the trace was given was enough."""
        return not self.stopped

    def __iter__(self) -> Iterator[Record]:
        """In the order of the process."""
        shards: dict[int, list[int]] = {}
        for at in range(0, len(self.words) - self.chunk_words + 1, self.chunk_words):
            if self.words[at]:
                shards.setdefault(self.words[at] - 1, []).append(at)
        streams = [self._stream(shard, chunks) for shard, chunks in sorted(shards.items())]
        for record in heapq.merge(*streams, key=lambda record: record.sequence):
            if self.stopped and record.sequence >= self.stopped:
                return
            yield record

    def _stream(self, shard: int, chunks: list[int]) -> Iterator[Record]:
        """One shard's operations."""
        words = self.words
        seconds = 0.0
        for at in chunks:
            birth, sequence, thread = words[at + 1], words[at + 2], words[at + 3]
            end = at + self.chunk_words
            at += 4
            while at < end and words[at]:
                word = words[at]
                at += 1
                code, payload = word & 15, word >> _PAYLOAD_SHIFT
                sequence += word >> _DELTA_SHIFT & _DELTAS
                if code == _SKIP:
                    sequence += payload
                elif code == _THREAD:
                    thread = payload
                elif code == _TIME:
                    seconds = payload / 1e6
                else:
                    kind = self._kind(code)
                    second = 0
                    if kind in _TWO_WORDS:
                        if at == end:
                            raise RecordingError(f"{self.path}: damaged: half an operation; "
                                                 "record the program again")
                        second = words[at]
                        at += 1
                    if kind in _MADE:
                        yield Record(sequence, thread, kind, shard << 32 | birth & _BIRTHS, payload,
                                     second if kind == ALIGNED else 0,
                                     second if kind == REALLOC else 0, seconds)
                        birth += 1
                    elif kind == FREE:
                        yield Record(sequence, thread, kind, payload, seconds=seconds)
                    else:
                        yield Record(sequence, thread, kind, second, payload, seconds=seconds)

    def _kind(self, code: int) -> str:
        kind = _KINDS.get(code)
        if not kind:
            raise RecordingError(f"{self.path}: damaged: an operation of kind {code}; "
                                 "record the program again")
        return kind


def _open(path: Path) -> tuple[int, int, int, memoryview]:
    """Process id, words of a chunk, stopped, all words behind the header."""
    require_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER.itemsize)
            if not head:
                raise RecordingError(f"{path}: empty; a trace is made by bazel run //gen:record -- "
                                     "--trace")
            if len(head) < _HEADER.itemsize or head[:8] != MAGIC:
                raise RecordingError(f"{path}: not a trace; one is made by bazel run //gen:record "
                                     "-- --trace")
            header = np.frombuffer(head, _HEADER, 1)[0]
            version, chunk_bytes = int(header["version"]), int(header["chunk_bytes"])
            if version != VERSION:
                raise RecordingError(f"{path}: a trace of version {version}, this reads {VERSION}; "
                                     "record the program again")
            if chunk_bytes != CHUNK_BYTES:
                raise RecordingError(f"{path}: damaged: chunks of {chunk_bytes} bytes; "
                                     "record the program again")
            needed = CHUNKS_AT + int(min(header["chunks"], header["room"])) * chunk_bytes
            size = path.stat().st_size
            if size < needed:
                raise RecordingError(f"{path}: cut short: {size} bytes, {needed} expected; "
                                     "record the program again")
            data = memoryview(mmap.mmap(file.fileno(), needed, access=mmap.ACCESS_READ))
            words = data[CHUNKS_AT:].cast("Q")
            return int(header["pid"]), chunk_bytes // 8, int(header["stopped"]), words
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None


def used_bytes(path: Path) -> int:
    """The number of bytes of the file that hold something.  Raises RecordingError."""
    return CHUNKS_AT + 8 * len(Trace(path).words)


def totals(records: Iterable[Record], inherited_bytes: int = 0) -> Totals:
    """Plays the operations; inherited_bytes is that of the Recording."""
    sizes: dict[int, int] = {}
    threads = set()
    allocs = frees = unknown = 0
    live = peak = inherited_bytes
    for record in records:
        threads.add(record.thread)
        if record.kind == ADOPT:
            sizes[record.block] = record.size
            continue
        gone = {FREE: record.block, REALLOC: record.old}.get(record.kind)
        if gone is not None:
            frees += 1
            unknown += gone not in sizes
            live -= sizes.pop(gone, 0)
        if record.kind != FREE:
            allocs += 1
            sizes[record.block] = record.size
            live += record.size
            peak = max(peak, live)
    return Totals(allocs, frees, peak, len(threads), unknown)
