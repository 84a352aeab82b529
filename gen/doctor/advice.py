"""Which shipped profile suits a program.  docs/performance.md has the measurements behind it."""

from dataclasses import dataclass

from gen.fit.habits import LITTLE_BYTES, TINY, Habits
from gen.words import bytes_in_text, percent

CALL_SECONDS = 20e-9  # of a malloc and its free together, with cache misses
IDLE_PERCENT = 1  # of the program's time: nobody notices less
FEW_BUFFERS = 1000  # calls; fewer are no habit
SHORT_LIVED = 20  # calls for each block at the peak: blocks are then short-lived


@dataclass(frozen=True)
class Advice:
    profile: str
    why: str


def advise(habits: Habits, cpu_seconds: float) -> Advice:
    """The shipped profile for a program with these habits that used so much processor time."""
    busy = 100 * habits.calls * CALL_SECONDS / max(cpu_seconds, CALL_SECONDS)
    tiny, buffers = percent(100 * habits.tiny_share), percent(100 * habits.buffer_share)
    if habits.uses_buffers and habits.buffer_calls >= FEW_BUFFERS and habits.threads > 1:
        return Advice("mid-large", f"{buffers} of its calls ask for 32 to 64 KiB, from "
                      f"{habits.threads} threads: this profile has such buffers in each thread's "
                      "cache")
    if habits.does_little:
        return Advice("default", f"{habits.calls} calls and {bytes_in_text(habits.peak_bytes)} in "
                      "use: too little for profiles to differ")
    if busy < IDLE_PERCENT and habits.peak_bytes >= LITTLE_BYTES:
        return Advice("low-rss", f"about {busy:.2g} % of its time goes into malloc, which nobody "
                      f"would notice, but {bytes_in_text(habits.peak_bytes)} are in use: this "
                      "profile holds least beside them")
    if habits.lives_on_tiny and habits.calls >= SHORT_LIVED * habits.peak_blocks:
        return Advice("tiny-heavy", f"{tiny} of its calls ask for up to {TINY} bytes, and "
                      f"{habits.calls // max(habits.peak_blocks, 1)} calls for each block in use at "
                      "the peak say that they are short-lived")
    return Advice("default", f"its sizes are mixed ({tiny} of the calls up to {TINY} bytes, "
                  f"{buffers} of 32 to 64 KiB): no special profile has an advantage")
