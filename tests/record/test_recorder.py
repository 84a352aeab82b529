"""What the library writes about known calls, and that a program that it watches runs as without."""

import os
import subprocess

import pytest

from gen.record import reader, trace

MIB = 1 << 20
PEAK_ERROR = 0.03  # of what was in use at the peak


def agrees(seen) -> None:
    """The trace has the same calls as the recording."""
    totals = seen.totals()
    assert totals.unknown == 0
    assert (totals.allocs, totals.frees) == (
        seen.recording.total_allocs, seen.recording.total_frees)


def test_counts_are_exact(record, known):
    seen = record(known, "plain").only
    one = seen.size(20000)
    assert (one.allocs, one.frees, one.bytes, one.full) == (14, 4, 280000, 14)
    assert (one.peak_blocks, one.peak_bytes, one.peak_full) == (10, 200000, 10)
    assert one.remote_frees == 0
    (large,) = [each for each in seen.recording.sizes if each.granule == 30016 // 16]
    assert (large.allocs, large.bytes, large.full) == (1, 30016, 1)
    assert seen.recording.complete
    assert seen.recording.program.endswith("known plain")
    agrees(seen)


def test_every_function(record, known):
    done = record(known, "functions")
    assert (done.status, done.errors) == (0, "")
    seen = done.only
    assert seen.recording.alignments == {64: 1, 4096: 3, MIB: 1}
    for size in (21000, 22000, 23000, 24000, 25000, 28672, 27000):
        assert (seen.size(size).allocs, seen.size(size).frees) == (1, 1)
    assert seen.recording.sizes[0].granule == 1 and seen.recording.sizes[0].bytes == 0
    agrees(seen)


def aligned_of(seen):
    """(alignment, bytes asked for, calls, frees, in use at the peak) of each bin."""
    return [(one.alignment, one.bytes, one.allocs, one.frees, one.peak_blocks)
            for one in seen.recording.aligned]


def test_every_function_with_an_alignment(record, known):
    seen = record(known, "alignments").only
    # posix_memalign, aligned_alloc, memalign, valloc, pvalloc: each with a size of its own.
    assert aligned_of(seen) == [
        (32, 10 * 100, 10, 4, 6), (64, 20 * 100, 20, 20, 0), (512, 3 * 513, 3, 0, 3),
        (4096, 5 * 4096, 5, 5, 0), (4096, 4097, 1, 0, 1), (4096, 12288, 1, 0, 1),
        (65536, 65536, 1, 0, 1),
    ]
    assert [one.full for one in seen.recording.aligned] == [0, 0, 0, 5, 0, 1, 1]
    assert seen.recording.alignments == {32: 10, 64: 20, 512: 3, 4096: 7, 65536: 3, 131072: 1}
    for one in seen.recording.aligned:  # they are among all blocks of the size, which the C
        bins = {size.granule: size for size in seen.recording.sizes}  # library has asked for, too
        assert bins[one.granule].allocs >= one.allocs and bins[one.granule].frees >= one.frees
    agrees(seen)


@pytest.mark.parametrize("load", ["aligned_threads", "aligned_threads_alone"])
@pytest.mark.parametrize("traced", [False, True])
def test_aligned_blocks_of_several_threads(record, known, load, traced):
    """Freed by another thread than made them, or by the same."""
    (one,) = record(known, load, traced=traced).only.recording.aligned
    assert (one.alignment, one.allocs, one.frees) == (128, 4000, 4000)
    # A thread may be between counting the block and its bytes when the peak is kept.
    assert abs(one.peak_bytes - 777 * one.peak_blocks) <= 4 * 777


def test_aligned_blocks_at_a_peak_that_was_kept(record, known):
    seen = record(known, "aligned_peak").only
    assert aligned_of(seen) == [(64, 200 * 57000, 200, 200, 100)]
    assert seen.size(57000).allocs == 300
    assert seen.size(57000).peak_blocks == pytest.approx(200, rel=PEAK_ERROR)


def test_a_child_of_fork_has_its_parents_aligned_blocks(record, known):
    parent, child, grandchild = record(known, "aligned_fork").seen
    for seen, bins in (
        (parent, [(256, 100 * 58000, 100, 1, 100)]),
        (child, [(256, 0, 0, 60, 100), (1024, 50 * 300, 50, 0, 0)]),
        (grandchild, [(256, 0, 0, 40, 40), (1024, 0, 0, 0, 50)]),
    ):
        assert [one[:4] for one in aligned_of(seen)] == [one[:4] for one in bins]
        peaks = [pytest.approx(one[4], rel=PEAK_ERROR) for one in bins]
        assert [one[4] for one in aligned_of(seen)] == peaks


def test_reallocs(record, known):
    seen = record(known, "chain").only
    told = seen.recording
    assert told.reallocs_grown == 7
    assert (told.total_allocs, told.total_frees) == (9, 9)
    # The one within its granule is no end of a burst.
    assert sum(seen.size(36999).burst_allocs) == 1 and seen.size(36999).allocs == 2
    agrees(seen)


def test_bursts(record, known):
    one = record(known, "bursts").only.size(53000)
    assert one.burst_allocs[3] == 3 and sum(one.burst_allocs) == 3
    assert one.burst_frees[3] == 3 and sum(one.burst_frees) == 3  # the last one is not over


@pytest.mark.parametrize("load, threads, size, calls", [
    ("threads", 4, 40000, 4000), ("crowd", 100, 40000, 100000)])
def test_threads_lose_nothing(record, known, load, threads, size, calls):
    done = record(known, load)
    assert done.status == 0
    seen = done.only
    one = seen.size(size)
    assert (one.allocs, one.frees) == (calls, calls)
    assert seen.recording.threads_started == threads + 1
    assert seen.recording.threads <= threads + 1
    agrees(seen)


def test_more_threads_than_shards_are_all_counted_at_once(record, known):
    assert record(known, "crowd").only.recording.threads == 101


def test_blocks_freed_by_another_thread(record, known):
    seen = record(known, "remote").only
    one = seen.size(42000)
    assert (one.allocs, one.frees, one.remote_frees) == (1000, 1000, 1000)
    agrees(seen)


def test_calls_from_a_key_destructor(record, known):
    seen = record(known, "destructors").only
    assert seen.size(43000).allocs == 16
    agrees(seen)


def test_a_child_of_fork_has_its_parents_blocks(record, known):
    parent, child = record(known, "fork").seen
    assert parent.recording.inherited_bytes == 0
    assert (parent.size(44000).allocs, parent.size(44000).frees) == (100, 1)
    assert child.recording.inherited_bytes == 4400000
    assert (child.size(44000).allocs, child.size(44000).frees) == (0, 60)
    assert (child.size(45000).allocs, child.size(45000).frees) == (50, 0)
    assert child.recording.peak_live_bytes == 4400000
    assert child.size(44000).peak_blocks == pytest.approx(100, rel=PEAK_ERROR)
    assert child.size(45000).peak_blocks == 0
    for one in (parent, child):
        agrees(one)
        assert one.totals().peak_live_bytes == one.recording.peak_live_bytes


@pytest.mark.parametrize("more", [{}, {"HAKMEM_RECORD_TRACE": str(8 << 20)}], ids=["", "trace"])
def test_fork_on_a_small_stack(record, known, more):
    done = record(known, "small_fork", **more)
    assert done.status == 0 and done.errors == ""
    assert done.seen[1].size(777).allocs == 1


def test_fork_while_threads_allocate(record, known):
    done = record(known, "fork_threads", timeout=60)
    assert done.status == 0
    assert len(done.seen) == 21
    for child in done.seen[1:]:
        assert (child.size(40000).allocs, child.size(40000).frees) == (2000, 2000)
        agrees(child)


def test_a_fork_that_no_handler_hears_of(record, known):
    one = record(known, "raw_fork").only.size(47000)
    assert (one.allocs, one.frees) == (10, 0)


def test_after_exec_there_is_a_second_file(record, known):
    done = record("sh", "-c", f"exec {known} plain")
    assert [one.recording.complete for one in done.seen] == [False, True]
    assert done.seen[1].path.name == done.seen[0].path.name + ".2"


@pytest.mark.parametrize("load, bytes_in_use, size, blocks", [
    ("cliff", 50 * MIB + 20 * 48000, 48000, 20),
    ("killed", 300 * 51000, 51000, 300),
    ("bursts", 8 * 53000, 53000, 8),
])
def test_the_peak(record, known, load, bytes_in_use, size, blocks):
    seen = record(known, load).only
    assert seen.recording.peak_live_bytes == bytes_in_use == seen.totals().peak_live_bytes
    assert seen.size(size).peak_blocks == pytest.approx(blocks, rel=PEAK_ERROR)


def test_every_function_at_the_peak(record, known):
    """Exact where one thread falls from the peak at once."""
    told = record(known, "peak").only.recording
    at_peak = {one.granule: (one.peak_blocks, one.peak_bytes, one.peak_full) for one in told.sizes
               if one.granule * 16 >= 59000}
    assert at_peak == {
        59008 // 16: (11, 11 * 59000, 0), 60000 // 16: (2, 120000, 2), 61008 // 16: (1, 61000, 0),
        61440 // 16: (1, 61440, 1), 62016 // 16: (1, 62001, 0), 63008 // 16: (0, 0, 0)}
    (large,) = told.larger
    assert (large.peak_blocks, large.peak_bytes) == (1, 100000)
    assert told.peak_live_bytes == 11 * 59000 + 120000 + 61000 + 61440 + 62001 + 100000


def test_edges_of_sizes(record, known):
    told = record(known, "edges").only.recording
    counts = {one.granule: (one.allocs, one.bytes, one.full) for one in told.sizes
              if one.granule == 1 or one.granule * 16 >= 32768}
    assert counts == {1: (1, 0, 0), 2048: (1, 32768, 1), 2049: (1, 32769, 0),
                      4096: (2, 65535 + 65536, 1)}
    assert [(one.least, one.most, one.allocs, one.bytes) for one in told.larger] == [
        (65537, 73727, 2, 65537 + 73727), (73728, 81919, 1, 73728)]


def test_the_peak_of_threads_together(record, known):
    seen = record(known, "together").only
    assert seen.recording.threads == 5
    one = seen.size(5555)
    assert (one.allocs, one.frees) == (20 * 4000, 20 * 4000)
    assert one.peak_blocks == pytest.approx(4000, rel=PEAK_ERROR)
    assert seen.recording.peak_live_bytes == pytest.approx(4000 * 5555, rel=PEAK_ERROR)


def test_the_peak_of_many_sizes(record, known):
    seen = record(known, "mixed", "200000").only
    told = seen.recording
    assert told.peak_live_bytes == seen.totals().peak_live_bytes
    in_bins = sum(one.peak_bytes for one in told.sizes)
    assert in_bins == pytest.approx(told.peak_live_bytes, rel=PEAK_ERROR)
    assert sum(one.peak_blocks for one in told.sizes) == told.peak_live_blocks
    for one in told.sizes:
        assert 16 * (one.granule - 1) * one.peak_blocks <= one.peak_bytes
        assert one.peak_bytes <= 16 * one.granule * one.peak_blocks


def test_large_blocks(record, known):
    (large,) = record(known, "cliff").only.recording.larger
    assert large.least <= 50 * MIB <= large.most
    assert (large.allocs, large.frees, large.peak_blocks, large.peak_bytes) == (1, 1, 1, 50 * MIB)


def test_killed_in_the_middle(record, known):
    done = record(known, "killed")
    assert done.status == -9
    one = done.only.size(51000)
    assert (one.allocs, one.frees) == (300, 100)
    assert not done.only.recording.complete
    agrees(done.only)


def test_the_timeline(record, known):
    seen = record(known, "pauses").only.recording
    times = [one.seconds for one in seen.timeline]
    assert times == sorted(times) and 0 < times[-1] <= seen.seconds
    assert max(one.live_bytes for one in seen.timeline) > 0
    assert len(times) >= 7  # one at each of its calls, however few


def test_all_descriptors_closed(record, known):
    done = record(known, "close_all")
    assert done.status == 0
    assert done.only.size(50000).allocs == 10
    agrees(done.only)


def test_a_second_free_is_left_to_the_next_malloc(record, known):
    done = record(known, "twice")
    assert done.status == -6
    assert "free(): invalid pointer" in done.errors


def test_the_trace_ends_at_its_room_and_counts_go_on(record, known):
    seen = record(known, "mixed", "400000", trace_max=1).only
    assert seen.recording.total_allocs == 400000
    totals = seen.totals()
    assert totals.unknown == 0
    # 16 chunks of 64 KiB, 8 bytes a call.
    assert 100000 < totals.allocs + totals.frees <= 16 * 65536 / 8


def test_a_thread_that_makes_no_call_for_long(record, known):
    seen = record(known, "apart").only
    agrees(seen)
    sizes = {}
    last = None
    for last in trace.Trace(seen.trace):
        sizes[last.block] = max(last.size, sizes.get(last.block, 0))
    assert last.kind == "free" and sizes[last.block] == 56000


def test_without_a_trace(record, known):
    seen = record(known, "plain", traced=False).only
    assert seen.trace is None and seen.size(20000).allocs == 14


# ---- programs that are not recorded --------------------------------------------------------------


def test_without_the_variable_nothing_is_written(library, known, tmp_path):
    done = subprocess.run([known, "functions"], cwd=tmp_path, capture_output=True, check=False,
                          env={"LD_PRELOAD": str(library)})
    assert (done.returncode, done.stderr) == (0, b"")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(record, known):
    done = record(known, "fork", HAKMEM_RECORD="/no/such/folder/%p")
    assert done.status == 0
    assert done.errors == ("libhakmem-record: /no/such/folder/%p: No such file or directory; the "
                           "program runs unrecorded\n").replace(
                               "%p", done.errors.split("/folder/")[1].split(":")[0])
    assert not done.seen


def test_a_limit_on_the_size_of_files(record, known):
    done = record("sh", "-c", f"ulimit -f 1000; exec {known} plain")
    assert done.status == 0
    assert ("a limit on the size of files (ulimit -f) forbids it; the program runs unrecorded"
            in done.errors)


def test_an_address_space_too_small_for_the_trace(record, known):
    done = record("sh", "-c", f"ulimit -v 400000; exec {known} plain", trace_max=1 << 30)
    assert done.status == 0
    (seen,) = [one for one in done.seen if "plain" in one.recording.program
               and one.recording.complete]
    agrees(seen)


def test_nothing_is_overwritten(library, known, tmp_path):
    (tmp_path / "name").write_text("mine")
    subprocess.run([known, "plain"], check=True,
                   env={"LD_PRELOAD": str(library), "HAKMEM_RECORD": f"{tmp_path}/name"})
    assert (tmp_path / "name").read_text() == "mine"
    assert reader.load(tmp_path / "name.2").total_allocs >= 15


def test_a_relative_name(library, known, tmp_path):
    subprocess.run([known, "fork"], check=True, cwd=tmp_path,
                   env={"LD_PRELOAD": str(library), "HAKMEM_RECORD": "app.rec"})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "app.rec" and names[1].startswith("app.rec.") and len(names) == 2


def test_the_file_takes_little_room(record, known):
    path = record(known, "mixed", "200000", traced=False).only.path
    assert os.stat(path).st_blocks * 512 < 2 * MIB
