"""The questions that the fit and the doctor ask of a program, each at its threshold."""

from dataclasses import replace

import pytest

from gen.fit.habits import Habits, habits_of

QUIET = Habits(calls=200_000, tiny_calls=0, buffer_calls=0, frees=1000, remote_frees=0, threads=1,
               peak_bytes=0, peak_blocks=0)


@pytest.mark.parametrize(("tiny", "remote", "answer"), [
    (180_000, 9, True), (179_999, 9, False), (180_000, 10, False)])
def test_a_program_that_lives_on_tiny_blocks(tiny, remote, answer):
    assert replace(QUIET, tiny_calls=tiny, remote_frees=remote).lives_on_tiny is answer


@pytest.mark.parametrize(("remote", "answer"), [(9, False), (10, True)])
def test_a_program_whose_threads_pass_blocks_on(remote, answer):
    assert replace(QUIET, remote_frees=remote).passes_blocks_on is answer


@pytest.mark.parametrize(("buffers", "answer"), [(1999, False), (2000, True)])
def test_a_program_that_uses_buffers(buffers, answer):
    assert replace(QUIET, buffer_calls=buffers).uses_buffers is answer


@pytest.mark.parametrize(("calls", "peak", "answer"), [
    (99_999, (16 << 20) - 1, True), (100_000, 0, False), (0, 16 << 20, False)])
def test_a_program_that_does_little(calls, peak, answer):
    assert replace(QUIET, calls=calls, peak_bytes=peak).does_little is answer


def test_nothing_is_true_of_a_program_that_does_nothing(recorded):
    idle = habits_of([recorded()])
    assert (idle.tiny_share, idle.buffer_share, idle.remote_share) == (0, 0, 0)
    assert not (idle.lives_on_tiny or idle.uses_buffers or idle.passes_blocks_on)


def test_counts_of_recordings_are_added(recorded):
    sizes = {256: 5, 257: 7, 32768: 2, 32769: 3, 65536: 1}
    one = recorded(sizes, freed=True, remote=100, threads=3)
    found = habits_of([one, one])
    assert (found.calls, found.tiny_calls, found.buffer_calls) == (36, 10, 8)
    assert (found.frees, found.remote_frees, found.threads) == (36, 36, 3)
    assert (found.peak_blocks, found.peak_bytes) == (18, one.peak_live_bytes)
