"""Predictions for recordings of which everything can be counted by hand."""

import pytest

from gen.predict import predict

SIZES = "classes: {sizes: [16, 48, 1024, 3072]}\n"


@pytest.fixture
def small(workspace):
    return workspace.model(SIZES)


def test_rounding_is_to_the_class(small, recorded):
    told = predict.predict(small, recorded({10: 5, 33: 2, 48: 1, 1000: 3}))
    assert told.peak.asked == 5 * 10 + 2 * 33 + 48 + 3 * 1000
    assert told.peak.given == 5 * 16 + 3 * 48 + 3 * 1024
    assert told.peak.least == 5 * 16 + 3 * 48 + 3 * 1008
    assert told.peak.percent == pytest.approx(100 * (1 - 3164 / 3296))
    assert told.peak.avoidable == 3 * 16
    assert (told.classes, told.used) == (4, 3)


def test_above_the_classes_rounding_is_to_pages(small, recorded):
    told = predict.predict(small, recorded({5000: 2, 65536: 1}))
    assert told.peak.given == 2 * 8192 + 65536
    assert told.calls.given == 0, "the statistics have no such blocks either"
    assert told.used == 0


def test_a_header_moves_full_blocks_up(workspace, recorded):
    model = workspace.model(SIZES + "front: {header_classidx: true}")
    told = predict.predict(model, recorded({16: 5, 15: 2, 3072: 1}))
    assert told.peak.given == 5 * 48 + 2 * 16 + 4096
    assert told.calls.asked == 5 * 16 + 2 * 15
    assert told.calls.given == 5 * 47 + 2 * 15, "the header byte is no rounding there"


def test_calls_are_all_that_was_allocated(small, recorded):
    told = predict.predict(small, recorded({10: 5}, allocs={10: 50, 40: 10}))
    assert told.calls.asked == 50 * 10 + 10 * 40
    assert told.calls.given == 50 * 16 + 10 * 48


def test_an_aligned_block_is_in_a_class_of_that_alignment(small, recorded):
    """48 and 3072 are multiples of 16 and 1024 only; 1024 serves 64 to 1024."""
    told = predict.predict(small, recorded({40: 3, 3000: 1}, aligned={(64, 40): 5, (2048, 40): 2}))
    assert told.peak.given == 3 * 48 + 3072 + 5 * 1024 + 2 * 4096, "two in pages, without a class"
    assert told.peak.least == 3 * 48 + 3008 + 5 * 64 + 2 * 2048
    assert (told.aligned.asked, told.aligned.given) == (7 * 40, 5 * 1024 + 2 * 4096)
    assert told.aligned_allocs == 7 and told.aligned_calls == told.aligned
    assert told.calls.given == 3 * 48 + 3072 + 5 * 1024, "the statistics have no others"
    assert told.calls.asked == 3 * 40 + 3000 + 5 * 40
    assert {row.size: (row.blocks, row.allocs) for row in told.rows} == {
        48: (3, 3), 1024: (5, 5), 3072: (1, 1)}


def test_with_a_header_an_aligned_block_lies_inside_a_larger_one(workspace, recorded):
    model = workspace.model(SIZES + "front: {header_classidx: true}")
    told = predict.predict(model, recorded(aligned={(64, 900): 5, (64, 970): 2, (2048, 1024): 1}))
    assert told.peak.given == 5 * 1024 + 2 * 3072 + 4096
    assert {row.size: row.blocks for row in told.rows} == {1024: 5, 3072: 2}


def test_runs_are_of_the_blocks_without_an_alignment(small, recorded):
    runs = {48: ((0, 0, 0, 0, 0, 9), ())}
    told = predict.predict(small, recorded({40: 3}, aligned={(64, 40): 5}, runs=runs))
    stock = {row.size: row.bin.stock for row in told.rows}
    alone = predict.predict(small, recorded({40: 3}, runs=runs))
    assert stock[48] == alone.rows[0].bin.stock
    assert stock[1024] == predict.predict(small, recorded({1024: 5})).rows[0].bin.stock


def test_slabs_and_their_tails(small, recorded):
    told = predict.predict(small, recorded({3000: 22, 48: 1}))
    rows = {row.size: row for row in told.rows}
    assert rows[3072].slabs == 2 and rows[48].slabs == 1
    assert told.slabs == 3 * 65536
    assert told.tail == 2 * 1024 + 16
    assert told.partly == 20 * 3072 + 1364 * 48
    assert told.metadata == 3 * (128 + 1) + 256, "48 bytes: more blocks than a descriptor has bits"


def test_a_thread_that_frees_nothing_keeps_little(small, recorded):
    told = predict.predict(small, recorded({48: 10000}))
    assert told.thread_stock <= 128 * 48


def test_what_was_freed_is_kept_up_to_the_cap(workspace, recorded):
    few = {48: 300}
    for kinds, most in (("", 3 / 4 * 64), ("list_max: 3072", 2 * 3 / 4 * 32)):
        model = workspace.model(SIZES + f"front: {{fast_cap: 64, {kinds}}}")
        assert predict.predict(model, recorded(few, freed=True)).thread_stock == most * 48
    model = workspace.model(SIZES)
    stock = predict.predict(model, recorded(few, freed=True)).thread_stock / 48
    assert 300 <= stock <= 300 + 64, "all that was live, and half of a refill"


@pytest.mark.parametrize(("size", "first"), [(48, 16), (1000, 2), (3000, 1)])
def test_a_thread_begins_with_a_few_blocks(size, first, small, recorded):
    """Its first refill is half of 32 blocks, or of 4 KiB; half of that is left on average."""
    told = predict.predict(small, recorded({size: 1}))
    (row,) = told.rows
    assert told.thread_stock == first / 2 * row.size


@pytest.mark.parametrize("threads", [1, 3])
def test_what_caches_hold_is_resident(threads, small, recorded):
    """In each thread's the same."""
    blocks = {48: 900, 1000: 300}
    held, freed = (predict.predict(small, recorded(blocks, freed=one, threads=threads))
                   for one in (False, True))
    more = freed.thread_stock - held.thread_stock
    assert more > 48 * 200
    assert freed.resident - held.resident == pytest.approx(threads * more)


def test_a_budget_takes_from_the_caches(workspace, recorded):
    blocks = recorded({48: 5000, 1000: 5000}, freed=True)
    free = predict.predict(workspace.model(SIZES), blocks)
    bound = predict.predict(workspace.model(SIZES + "front: {thread_bytes: 65536}"), blocks)
    assert bound.thread_stock < free.thread_stock
