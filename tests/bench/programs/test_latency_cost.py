"""Sampling latencies costs less than 2 % of the speed of the fastest program.

The binary is that of the variant `hakmem`; run from source, where Bazel left it."""

import os
import random
import subprocess
from pathlib import Path

from bench.lab.judge import paired
from bench.lab.judge.measures import SPEED
from bench.lab.run.runs import Run

BIN = Path("." if Path("bench_tiny_hot_hakmem").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin")
COMMAND = [str(BIN / "bench_tiny_hot_hakmem"), "32", "100", "200000"]
MOST_COST = 0.02
STEP, MOST = 50, 400  # pairs until it is sure, a few at a time


def measured(latency: str) -> Run:
    """One run, of which only the speed is told."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, check=True,
                          env={**os.environ, "BENCH_LATENCY": latency})
    assert ("p99_ns=" in done.stdout) == (latency == "on")
    return Run("ok", ops_per_s=float(done.stdout.split(" ops_per_s=")[1].split()[0]))


def test_cost():
    """On and off in turns, until the interval of their ratio is on one side of the limit."""
    order = random.Random(42)
    runs: dict[str, dict[int, Run]] = {"on": {}, "off": {}}
    for pair in range(MOST):
        for latency in order.sample(sorted(runs), 2):
            runs[latency][pair] = measured(latency)
        if pair % STEP == STEP - 1:
            ratio = paired.ratio(SPEED.of, runs["on"], runs["off"])
            print(f"{pair + 1} pairs: {ratio.value:.4f} [{ratio.low:.4f}, {ratio.high:.4f}]")
            if not ratio.excludes(1 - MOST_COST):
                continue
            break
    assert ratio.value > 1 - MOST_COST
