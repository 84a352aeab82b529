"""Which shipped profile suits what was seen of a program.  docs/performance.md has the measurements
behind it."""

from dataclasses import dataclass

from gen.doctor.run import Seen

CALL_SECONDS = 20e-9  # of malloc and free together, with cache misses
IDLE_SHARE = 0.01  # of the program's time: less in malloc cannot be noticed
FEW_CALLS = 100_000
LITTLE = 16 << 20  # bytes in use: what profiles differ by is then below a megabyte
TINY_SHARE = 0.8
BUFFER_SHARE = 0.05
SHORT_LIVED = 20  # calls for each block in use at the peak


@dataclass(frozen=True)
class Advice:
    profile: str
    why: str


def advise(seen: Seen) -> Advice:
    share = seen.calls * CALL_SECONDS / max(seen.cpu_seconds, CALL_SECONDS)
    tiny = seen.tiny_calls / max(seen.calls, 1)
    buffers = seen.buffer_calls / max(seen.calls, 1)
    if seen.buffer_calls >= 1000 and buffers >= BUFFER_SHARE and seen.threads > 1:
        return Advice("mid-large", f"{_percent(buffers)} of its calls ask for 32 to 64 KiB, from "
                      f"{seen.threads} threads: this profile has such buffers in each thread's cache")
    if seen.calls < FEW_CALLS and seen.peak_bytes < LITTLE:
        return Advice("default", f"{seen.calls} calls and {_size(seen.peak_bytes)} in use: too "
                      "little for profiles to differ")
    if share < IDLE_SHARE and seen.peak_bytes >= LITTLE:
        return Advice("low-rss", f"about {100 * share:.2g} % of its time goes into malloc, which nobody "
                      f"would notice, but {_size(seen.peak_bytes)} are in use: this profile holds least "
                      "beside them")
    if tiny >= TINY_SHARE and seen.calls >= SHORT_LIVED * seen.peak_blocks:
        return Advice("tiny-heavy", f"{_percent(tiny)} of its calls ask for up to 128 bytes, and "
                      f"{seen.calls // max(seen.peak_blocks, 1)} calls for each block in use at the "
                      "peak say that they are short-lived")
    return Advice("default", f"its sizes are mixed ({_percent(tiny)} of the calls up to 128 bytes, "
                  f"{_percent(buffers)} of 32 to 64 KiB): no special profile has an advantage")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB" if count >= 1 << 20 else f"{count / 1024:.0f} KiB"
