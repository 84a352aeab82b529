"""Traces of calls that tests make up, as the recorder would write them."""

import struct
from collections.abc import Sequence
from pathlib import Path

from bench.lab.replay.c_program import Call
from gen.record import trace

_CODES = {trace.MALLOC: 1, trace.CALLOC: 2, trace.REALLOC: 3, trace.ALIGNED: 4, trace.FREE: 5}
_THREAD = 8
_WORDS = trace.CHUNK_BYTES // 8 - 4


def write(path: Path, calls: Sequence[Call], shards: int = 1, chunk_words: int = _WORDS) -> Path:
    """The calls of a thread are in one of the shards, in chunks that are left after so many words;
    the trace's chunks are begun in the order of the calls."""
    chunks: list[list[int]] = []  # header and words
    open_: dict[int, list[int]] = {}  # by shard
    births = dict.fromkeys(range(shards), 0)
    at: dict[int, tuple[int, int]] = {}  # shard -> sequence, thread
    blocks: dict[int, int] = {}
    for sequence, call in enumerate(calls, 1):
        shard = call.thread % shards
        if shard not in open_ or len(open_[shard]) - 4 > chunk_words - 3:
            open_[shard] = [shard + 1, births[shard], sequence, call.thread + 1]
            chunks.append(open_[shard])
            at[shard] = (sequence, call.thread + 1)
        words = open_[shard]
        if at[shard][1] != call.thread + 1:
            words.append(_THREAD | (call.thread + 1) << 24)
        old = blocks.pop(call.block, 1 << 39 | call.block) if call.kind in (
            "free", "realloc") else 0
        payload = old if call.kind == "free" else call.size
        words.append(_CODES[call.kind] | sequence - at[shard][0] << 4 | payload << 24)
        at[shard] = (sequence, call.thread + 1)
        if call.kind in ("realloc", "aligned"):
            words.append(old if call.kind == "realloc" else call.align)
        if call.kind != "free":
            blocks[call.block] = shard << 32 | births[shard]
            births[shard] += 1
    with path.open("wb") as file:
        file.write(struct.pack("=8s6Q", trace.MAGIC, trace.VERSION, 1, trace.CHUNK_BYTES,
                               len(chunks), len(chunks), 0).ljust(trace.CHUNKS_AT, b"\0"))
        for chunk in chunks:
            file.write(struct.pack(f"={len(chunk)}Q", *chunk).ljust(trace.CHUNK_BYTES, b"\0"))
    return path
