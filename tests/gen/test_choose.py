"""Each key that follows from a recording, and the reason given for it."""

import re

import pytest

from gen.fit import choose
from gen.predict.runs import runs_of
from gen.record.recording import LargeBin, Moment
from gen.words import percent


@pytest.fixture
def default(shipped):
    return shipped("default").keys


def runs(*lengths):
    """One run for each length that is a power of two, 1000 for a first one of 1."""
    counts = [0] * 15
    for length in lengths:
        counts[length.bit_length() - 1] += 1000
    return tuple(counts)


def large(most, frees):
    return LargeBin(most - 8191, most, frees, most * frees, frees, 0, 0, 0)


def test_short_runs_need_small_caches(recorded, default):
    short = [recorded({48: 100}, runs={48: (runs(1, 4, 16), runs(1, 4, 16))})]
    chosen = choose.fast_cap(short, default)
    assert chosen.value == 64
    assert re.match(r"100 % of the runs of allocations or frees .* at most 64 blocks", chosen.reason)
    assert choose.cache_bytes(short, default, 64).value == 32768


def test_long_runs_need_large_caches(recorded, default):
    long = [recorded({48: 100}, runs={48: (runs(512), runs(512))})]
    assert choose.fast_cap(long, default).value == 1024
    big = [recorded({16384: 100}, runs={16384: (runs(8), runs(8))})]
    assert choose.cache_bytes(big, default, 1024).value == 524288


def test_exchanges_are_those_that_the_cache_does_not_hold(recorded):
    found = runs_of([recorded({16: 9}, runs={16: ((0, 0, 0, 0, 0, 1), (2,))})])
    assert found.length.tolist() == [47.5, 1.0] and found.count.tolist() == [1, 2]
    assert found.exchanges(128, 1 << 20) == 0
    assert found.exchanges(32, 1 << 20) == pytest.approx((47.5 - 16) / 16)
    assert found.exchanges(1024, 16 * 32) == pytest.approx((47.5 - 16) / 16)


def test_nothing_is_said_of_runs_that_were_not_recorded(recorded, default):
    assert choose.fast_cap([recorded({48: 100})], default) is None
    assert choose.thread_bytes([recorded({48: 100})], default, 64, 65536) is None


def test_budgets_are_those_of_the_runs(recorded, default):
    one = recorded({1024: 100}, runs={1024: (runs(128), ())}, threads=3)
    thread = choose.thread_bytes([one], default, 1024, 524288)
    assert thread.value == 524288 and "383 KiB" in thread.reason
    assert choose.total_bytes([one], default, thread.value).value == 2097152


def test_lists_for_programs_of_tiny_blocks(recorded):
    tiny = recorded({48: 95, 2000: 5}, freed=True)
    assert choose.list_max([tiny], 32768).value == 32768
    assert choose.list_max([recorded({48: 80, 2000: 20})], 32768).value == 0
    passed_on = choose.list_max([recorded({48: 1000}, freed=True, remote=50)], 32768)
    assert passed_on.value == 0 and "50 % are freed by another thread" in passed_on.reason


def test_room_to_grow_for_those_who_grow(recorded, default):
    grown = {0: 0, 50: 12, 200: 25}
    for count, percent in grown.items():
        one = recorded({48: 1000}, reallocs_grown=count)
        assert choose.grow_percent([one], default).value == percent


def test_central_parks_for_threads_that_free_each_others_blocks(recorded, default):
    alone, passed_on = (recorded({48: 1000}, freed=True, remote=remote) for remote in (0, 10))
    assert choose.parked_bytes([alone], default, 64, 65536).value == 1 << 20
    usual = default["central"]["parked_bytes"]
    assert choose.parked_bytes([passed_on], default, 64, 65536).value == usual


def test_large_blocks_are_kept_where_they_are_freed(recorded, default):
    few, many = recorded(larger=(large(131072, 3),)), recorded(larger=(large(393216, 500),))
    assert choose.bigcache_l25([few]).value is False
    assert choose.bigcache_max([few], default) is None
    assert choose.bigcache_l25([many]).value is True
    assert choose.bigcache_max([many], default).value == 524288


def waves(period, depth, seconds=2.0, step=0.008):
    """Keywords of a recording whose live bytes fall by `depth` for half of the period, seconds;
    a moment every `step`."""
    moments = [i * step for i in range(int(seconds / step))]
    timeline = tuple(Moment(now, depth * (now % period < period / 2)) for now in moments)
    return {"timeline": timeline, "seconds": seconds}


def test_pages_stay_while_faults_on_them_would_cost(recorded, default):
    """40 MiB are 10240 faults each time, 1 us each."""
    def chosen(period, depth):
        return choose.decay_ms([recorded(**waves(period, depth))], default)

    assert chosen(0.32, 40 << 20).value == 250
    assert chosen(0.08, 40 << 20).value == 50
    assert chosen(0.08, 40 << 10).value == 10
    assert "pages needed again after 50 ms take 0 % of the time" in chosen(0.08, 40 << 20).reason


def test_a_recording_of_hours_says_nothing_about_decay(recorded, default):
    assert choose.decay_ms([recorded(**waves(60.0, 1 << 20, 7200.0, 30.0))], default) is None


def test_falls_meet_the_rises_behind_them():
    live = [100, 60, 30, 50, 100]
    found = choose.needed_again([Moment(float(i), size) for i, size in enumerate(live)])
    assert list(found) == [(1.0, 20), (2.0, 10), (3.0, 40)]


def test_percentages_are_neither_none_nor_all_if_they_are_not():
    shown = [percent(value) for value in (0.0, 0.01, 4.04, 50.0, 99.99, 100.0)]
    assert shown == ["0 %", "less than 0.1 %", "4 %", "50 %", "over 99.9 %", "100 %"]
