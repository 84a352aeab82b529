"""gen/record/reader.py and gen/record/trace.py: what they refuse, and several processes as one."""

import gzip
import os
import random
from dataclasses import fields, replace

import pytest

from gen.record import reader, trace
from gen.record.layout import STRUCTURES
from gen.record.merge import MOST_MOMENTS, merge
from gen.record.recording import AlignedBin, LargeBin, Moment, Recording, RecordingError, SizeBin


@pytest.fixture
def written(record, known):
    """A recording and its trace as the recorder left them."""
    seen = record(known, "plain").only
    return seen.path, seen.trace


def cut(path, to: int) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:to])


def patch(path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def refuse(read, path, what: str) -> None:
    with pytest.raises(RecordingError) as error:
        read(path)
    text = str(error.value)
    assert text.startswith(f"{path}: ") and what in text and "\n" not in text


READERS = [(0, reader.load, "a recording", reader.VERSION),
           (1, trace.Trace, "a trace", trace.VERSION)]


@pytest.mark.parametrize("which, read, name, version", READERS)
def test_files_that_are_refused(written, tmp_path, which, read, name, version):
    path = written[which]
    refuse(read, tmp_path / "nothing", "cannot be read: No such file")
    refuse(read, tmp_path, "is no file; name what bazel run //gen:record has written")
    os.mkfifo(tmp_path / "fifo")
    refuse(read, tmp_path / "fifo", "is no file")
    (tmp_path / "empty").touch()
    refuse(read, tmp_path / "empty", "empty; ")
    (tmp_path / "text").write_text("no " * 10000)
    refuse(read, tmp_path / "text", f"not {name}; one is made by bazel run //gen:record")
    patch(path, 8, b"\x63")
    refuse(read, path, f"{name} of version 99, this reads {version}; record the program again")


@pytest.mark.parametrize("which, read", [(0, reader.load), (1, trace.Trace)])
@pytest.mark.parametrize("length", [3, 12, 600, 4095, 4096, 60000])
def test_cut_short(written, which, read, length):
    path = written[which]
    cut(path, length)
    refuse(read, path, "")


def test_cut_short_names_what_is_there_and_what_should_be(written):
    needed = reader.used_bytes(written[0])
    cut(written[0], needed)
    assert reader.load(written[0]).total_allocs >= 15
    cut(written[0], needed - 1)
    refuse(reader.load, written[0],
           f"cut short: {needed - 1} bytes, at least {needed} expected; record the program again")


@pytest.mark.parametrize("member, value", [
    ("shards_used", 0), ("shards_used", 65), ("shards_used", 1 << 62), ("kept", 3),
    ("kept", 1 << 40), ("moments", 257), ("moments", 1 << 63),
])
def test_a_damaged_header(written, member, value):
    patch(written[0], STRUCTURES["record_header"].fields[member][1], value.to_bytes(8, "little"))
    refuse(reader.load, written[0], "damaged: its header says what cannot be; record the")


def test_a_trace_with_an_operation_that_does_not_exist(written):
    patch(written[1], trace.CHUNKS_AT + 32, b"\x0f")
    refuse(lambda path: list(trace.Trace(path)), written[1], "an operation of kind 15")


def test_a_packed_recording(written, tmp_path):
    raw = written[0].read_bytes()[:reader.used_bytes(written[0])]
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(raw))
    assert reader.load(packed) == reader.load(written[0])
    cut(packed, len(packed.read_bytes()) // 2)
    refuse(reader.load, packed, "cut short or damaged")


def test_a_copy_is_the_same_recording(written, tmp_path):
    """Also one that is packed."""
    packed = tmp_path / "packed"
    used = reader.used_bytes(written[0])
    packed.write_bytes(gzip.compress(written[0].read_bytes()[:used]))
    assert len(reader.load_all([written[0]])) == 1
    refuse(lambda path: reader.load_all([written[0], path]), packed,
           f"of the same process as {written[0]}; name one of them")


def test_a_trace_in_order(record, known):
    seen = record(known, "threads").only
    records = list(trace.Trace(seen.trace))
    sequences = [one.sequence for one in records]
    assert sequences == list(range(1, len(records) + 1))
    assert {one.thread for one in records} == {1, 2, 3, 4, 5}
    made = [one.block for one in records if one.kind != "free"]
    assert len(set(made)) == len(made)
    ended = set()
    for one in records:
        if one.kind == "free":
            assert one.block not in ended
            ended.add(one.block)
    seconds = [one.seconds for one in records if one.thread == 2]
    assert seconds == sorted(seconds)


def test_kinds_in_a_trace(record, known):
    records = list(trace.Trace(record(known, "functions").only.trace))
    by_size = {one.size: one for one in records if one.kind != "free"}
    assert (by_size[21000].kind, by_size[21000].alignment) == ("aligned", 4096)
    assert (by_size[23000].kind, by_size[23000].alignment) == ("aligned", 64)
    assert (by_size[27000].kind, by_size[27000].alignment) == ("calloc", 0)


def test_reallocs_in_a_trace(record, known):
    records = [one for one in trace.Trace(record(known, "chain").only.trace)]
    assert [one.kind for one in records] == ["malloc"] + 8 * ["realloc"] + ["free"]
    for before, after in zip(records, records[1:-1]):
        assert after.old == before.block
    assert records[-1].block == records[-2].block


def test_blocks_of_the_parent_in_the_trace_of_a_child(record, known):
    child = record(known, "fork").seen[1]
    records = list(trace.Trace(child.trace))
    adopted = [one for one in records if one.kind == "adopt"]
    assert len(adopted) == 60 and {one.size for one in adopted} == {44000}
    assert {one.block for one in adopted} == {one.block for one in records if one.kind == "free"}


def test_bounds_of_large_bins():
    assert reader.large_bounds(0) == (65537, 73727)
    assert reader.large_bounds(1) == (73728, 81919)
    assert reader.large_bounds(8) == (131072, 147455)
    for number in range(200):
        assert reader.large_bounds(number)[1] + 1 == reader.large_bounds(number + 1)[0]


# ---- merge ---------------------------------------------------------------------------------------


def a_bin(granule: int, n: int) -> SizeBin:
    return SizeBin(granule, n, 16 * n, n, n, 0, n, 16 * n, n, (n, 0), (0, n))


def an_aligned(alignment: int, granule: int, n: int) -> AlignedBin:
    return AlignedBin(alignment, granule, n, 16 * n, n, 0, n, 16 * n, n)


def a_recording(start: float, *sizes: SizeBin, **changes) -> Recording:
    base = Recording(
        program="p", pid=7, threads=2, threads_started=3, seconds=10.0, complete=True,
        sizes=sizes, larger=(LargeBin(65537, 73727, 1, 70000, 1, 0, 1, 70000),),
        peak_live_bytes=100, peak_live_blocks=5, total_allocs=50, total_frees=40,
        timeline=(Moment(1.0, 10), Moment(9.0, 30)),
        alignments={64: 2}, reallocs_grown=3, start=start,
        aligned=(an_aligned(64, 1, 2),))
    return replace(base, **changes)


def test_one_recording_merged_is_itself():
    one = a_recording(0, a_bin(1, 5))
    assert merge([one]) is one


def test_merge_adds():
    merged = merge([
        a_recording(100, a_bin(1, 5), a_bin(3, 1)),
        a_recording(105, a_bin(2, 2), a_bin(3, 10), program="q", complete=False,
                    alignments={32: 1, 64: 1},
                    aligned=(an_aligned(32, 3, 1), an_aligned(64, 1, 1))),
    ])
    assert merged.sizes == (a_bin(1, 5), a_bin(2, 2), a_bin(3, 11))
    assert merged.larger == (LargeBin(65537, 73727, 2, 140000, 2, 0, 2, 140000),)
    assert (merged.program, merged.complete) == ("p; q", False)
    assert (merged.threads, merged.threads_started, merged.seconds) == (4, 6, 15)
    assert (merged.peak_live_bytes, merged.total_allocs, merged.total_frees) == (200, 100, 80)
    assert merged.alignments == {32: 1, 64: 3}
    assert merged.aligned == (an_aligned(32, 3, 1), an_aligned(64, 1, 3))
    assert merged.reallocs_grown == 6
    # The first alone, both, both later; then the first has ended.
    assert [(one.seconds, one.live_bytes) for one in merged.timeline] == [
        (1, 10), (6, 20), (9, 40), (14, 30)]


def test_merge_of_real_recordings(record, known):
    seen = [one.recording for one in record(known, "fork").seen]
    merged = merge(seen)
    assert merged.total_allocs == sum(one.total_allocs for one in seen)
    assert {field.name for field in fields(merged)} == {field.name for field in fields(seen[0])}
    assert len(merged.timeline) <= MOST_MOMENTS


def test_a_bit_that_is_turned_over(written, tmp_path):
    """Of a packed recording: the checksum finds it wherever it is."""
    data = written[0].read_bytes()[:reader.used_bytes(written[0])]
    packed = bytearray(gzip.compress(data, mtime=0))
    path = tmp_path / "packed"
    path.write_bytes(packed)
    whole = reader.load(path)
    rng, refused = random.Random(3), 0
    for _ in range(40):
        at, bit = rng.randrange(10, len(packed)), 1 << rng.randrange(8)
        packed[at] ^= bit
        path.write_bytes(packed)
        try:
            assert reader.load(path) == whole  # a bit that means nothing
        except RecordingError:
            refused += 1
        packed[at] ^= bit
    assert refused > 30
