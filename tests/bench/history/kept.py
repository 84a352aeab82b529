"""Folders of results as the matrix leaves them, with numbers that a test chooses."""

import csv
import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path

from bench.lab.run.folder import COLUMNS

TINY = ("bench_tiny_hot", "32 100 300000")
LARSON = ("larson", "0.3 8 128 1024 1 12345 2")
ABOUT = {
    "command": "bazel run //bench:matrix",
    "machine": {"cpu": "Some CPU", "cores": 2, "memory_mib": 8000, "kernel": "6.1",
                "libc": "glibc 2.36", "gcc": "gcc 12", "packages": {"libc6": "2.36-9"}},
    "build": {"mode": "opt", "copts": ["-O2"]}, "profiles": {"default": "ab12"},
}
SPEEDS = {"hakmem": 90e6, "system": 30e6, "mi": 60e6, "null": 300e6}  # operations a second


def started(day: int) -> datetime.datetime:
    """Noon of a day, the first of which is the first of January 2026."""
    return datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc) \
        + datetime.timedelta(days=day)


def name(day: int) -> str:
    """The measurement of that day as people see it."""
    return f"{started(day).astimezone():%Y-%m-%d %H:%M}, {day + 1:02d}cccccccc"


def run_json(day: int, **more) -> dict:
    """run.json of that day; `machine` adds to the machine."""
    return {**ABOUT, "started": started(day).isoformat(), "seed": day,
            "commit": {"id": f"{day + 1:02d}" + "c" * 38, "clean": True}, **more,
            "machine": {**ABOUT["machine"], **more.get("machine", {})}}


def measurement(folder: Path, day: int, *, rows=(TINY,), speeds=SPEEDS,
                factor: Callable[[tuple[str, str], str], float] = lambda row, name: 1,
                peak: Callable[[tuple[str, str], str], float] = lambda row, name: 10_000,
                noise: float = 0.01, rounds: int = 6, **more) -> Path:
    """One measurement: each speed times `factor` of row and variant, with noise; the whole machine
    is 3 % faster or slower on that day.  `peak` is in KiB.  Returns the folder."""
    random_of = random.Random(day)
    folder.mkdir(parents=True)
    today = random_of.gauss(1, 0.03)
    with open(folder / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            for name, speed in speeds.items():
                mine = speed * today * factor(row, name) * random_of.gauss(1, noise)
                for rep in range(1, rounds + 1):
                    ops = mine * random_of.gauss(1, noise / 2)
                    writer.writerow({
                        "benchmark": row[0], "parameters": row[1], "variant": name, "rep": rep,
                        "status": "ok", "ops": 1000, "ops_per_s": f"{ops:.0f}",
                        "seconds": f"{1 / ops:.9f}", "peak_rss_kib": peak(row, name), "rss_kib": 5,
                        "minor_faults": 7, "user_s": 0.25, "sys_s": 0.125})
    (folder / "run.json").write_text(json.dumps(run_json(day, **more)), encoding="utf-8")
    return folder


def history(root: Path, days: int, change: int | None = None, by: float = 0.9, **more) -> Path:
    """So many days; from `change` on, hakmem's speed is `by` of what it was.  Returns the root."""
    for day in range(days):
        slower = change is not None and day >= change
        measurement(root / "suite" / f"day{day:02d}", day, **{
            "factor": lambda row, name, slower=slower: by if slower and name == "hakmem" else 1,
            **more})
    return root
