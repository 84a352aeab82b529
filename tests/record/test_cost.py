"""What recording costs: a pair of malloc and free that the C library serves from its thread cache,
the worst case there is."""

import statistics
import subprocess

import pytest

MOST = 3.0  # times slower
ROUNDS = 11
MILLIONS = 20  # of pairs, long enough that the threads run at once


def pair_ns(cost: str, threads: int, env: dict[str, str]) -> float:
    """Nanoseconds of wall time."""
    done = subprocess.run([cost, str(threads), str(MILLIONS)], env=env, check=True,
                          capture_output=True, text=True)
    return float(done.stdout)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_fastest_pair_is_at_most_three_times_slower(cost, library, tmp_path, threads):
    """The median of the ratios of neighbouring runs."""
    ratios = []
    for number in range(ROUNDS):
        plain = pair_ns(cost, threads, {})
        recorded = pair_ns(cost, threads, {"LD_PRELOAD": str(library),
                                           "HAKMEM_RECORD": f"{tmp_path}/{number}"})
        ratios.append(recorded / plain)
    print(f"{threads} threads: {' '.join(f'{ratio:.2f}' for ratio in sorted(ratios))}")
    assert statistics.median(ratios) <= MOST
