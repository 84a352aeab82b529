"""What the classes have to serve."""

import numpy as np
import pytest

from gen.predict import demand


def test_the_live_heap_and_all_calls(recorded):
    one = recorded({10: 2, 32: 3, 40: 1}, allocs={32: 7})
    peak, calls = demand.at_peak(one), demand.of_calls(one)
    assert {g: peak.blocks[g] for g in np.nonzero(peak.blocks)[0]} == {1: 2, 2: 3, 3: 1}
    assert peak.total_bytes == 2 * 10 + 3 * 32 + 40
    assert demand.least_bytes(peak.parts()) == 2 * 16 + 3 * 32 + 48
    assert calls.blocks[2] == 7 and calls.full[2] == 7 and calls.full[3] == 0


def test_a_header_moves_what_is_full(recorded):
    peak = demand.at_peak(recorded({32: 3, 30: 4, 65536: 1}))
    assert peak.needing(0)[[2, 3, 4096, 4097]].tolist() == [7, 0, 1, 0]
    assert peak.needing(1)[[2, 3, 4096, 4097]].tolist() == [4, 3, 0, 1]


def test_the_mean_is_of_shares(recorded):
    short, long = recorded({16: 10}), recorded({32: 1000})
    both = demand.mean([demand.at_peak(short), demand.at_peak(long)])
    assert both.bytes[1] == pytest.approx(both.bytes[2])
    assert both.total_bytes == pytest.approx((160 + 32000) / 2)


def test_the_prior_has_every_size_that_the_default_serves(recorded):
    one = recorded({100: 1000}, allocs={100: 1000, 5000: 5})
    seen, calls = demand.at_peak(one), demand.of_calls(one)
    guess = demand.prior(seen, calls)
    assert guess.total_bytes == pytest.approx(seen.total_bytes)
    assert (guess.blocks[1 : demand.PRIOR_MAX + 1] > 0).all()
    assert not guess.blocks[demand.PRIOR_MAX + 1 :].any() and guess.blocks[0] == 0
    assert guess.bytes[313] > 10 * guess.bytes[314], "5000 bytes were asked for at some time"
    assert guess.bytes[6] > 2 * guess.bytes[16], "near the live sizes there are more"


def test_the_strength_is_that_of_the_prior(recorded):
    one = recorded({100: 1000})
    seen, calls = demand.at_peak(one), demand.of_calls(one)
    assert demand.blend(seen, calls, 0.5).total_bytes == pytest.approx(1.5 * seen.total_bytes)


def test_blocks_with_an_alignment_are_apart(recorded):
    peak = demand.at_peak(recorded({100: 5, 300: 1}, aligned={(64, 100): 3, (512, 112): 2}))
    parts = peak.parts()
    assert sorted(parts) == [16, 64, 512] and peak.blocks[7] == 10
    assert [parts[alignment].blocks[7] for alignment in (16, 64, 512)] == [5, 3, 2]
    assert [parts[alignment].full[7] for alignment in (16, 64, 512)] == [0, 0, 2]
    assert sum(part.total_bytes for part in parts.values()) == peak.total_bytes
    assert demand.least_bytes(peak.parts()) == 5 * 112 + 304 + 3 * 128 + 2 * 512, "to multiples of the alignment"
    assert demand.mean([peak, peak]).parts()[64].blocks[7] == pytest.approx(3)


def test_the_prior_has_the_alignments_of_all_calls(recorded):
    kept = demand.at_peak(recorded({100: 1000}))
    calls = demand.of_calls(recorded({100: 1000}, aligned={(256, 3000): 100}))
    guess = demand.prior(kept, calls)
    assert guess.aligned[256].blocks[188] > 0 == guess.aligned[256].blocks.sum() - guess.aligned[
        256].blocks[188]
    assert guess.aligned[256].blocks[188] < guess.blocks[188]
    assert 0 < guess.aligned[256].total_bytes < guess.total_bytes / 3
    both = demand.blend(kept, calls, 0.5)
    assert both.aligned[256].total_bytes == pytest.approx(guess.aligned[256].total_bytes / 2)
