"""What run.json says about the machine, the tools and the profiles."""

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

_ALLOCATORS = ("MALLOC_", "MIMALLOC_", "TCMALLOC_", "TBB_MALLOC_", "HAKMEM_")
_GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
PACKAGES = ("libc6", "libmimalloc-dev", "libjemalloc-dev", "libgoogle-perftools-dev",
            "libtbb-dev", "bazel-bootstrap")
_HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"


def _output(*command: str) -> str | None:
    """What the command prints; None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _first_line(*command: str) -> str | None:
    return ((_output(*command) or "").splitlines() or [None])[0]


def _content(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _cpu_model() -> str | None:
    for line in (_content("/proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def describe() -> dict:
    """The machine as it is now; None stands for what cannot be found out."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": memory >> 20,
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "governor": _content(_GOVERNOR),
        "transparent_huge_pages": _content(_HUGE_PAGES),
        "gcc": _first_line("gcc", "--version"),
        "clang": _first_line("clang", "--version"),
        "python": platform.python_version(),
        "packages": {
            name: _first_line("dpkg-query", "-W", "-f", "${Version}\n", name) for name in PACKAGES
        },
    }


def available_bytes() -> int | None:
    """Memory that programs can have without swapping; None if the kernel does not say."""
    for line in (_content("/proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return None


def load() -> list[float]:
    """Load averages over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def profile_hashes(workspace: Path) -> dict[str, str]:
    """SHA-256 of each profile's file in the workspace."""
    return {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((workspace / "profiles").glob("*.yaml"))
    }


def commit(workspace: Path) -> dict | None:
    """The commit that the workspace is a checkout of, as {"id": 40 digits, "clean": whether no file
    differs from it}; None without git, or outside of a checkout."""
    git = ("git", "--no-optional-locks", "-C", str(workspace))
    found = _first_line(*git, "rev-parse", "--verify", "HEAD")
    changed = _output(*git, "status", "--porcelain")
    return None if found is None or changed is None else {"id": found, "clean": not changed}


@dataclass(frozen=True)
class Moment:
    """The load of the machine, and the time stolen from it, at one moment."""

    load: float  # average over a minute
    steal: int  # ticks taken by others, since the start of the machine
    ticks: int  # all ticks


def now() -> Moment:
    """This moment.  Without /proc/stat nothing counts as stolen."""
    words = (_content("/proc/stat") or "cpu 0").splitlines()[0].split()[1:]
    ticks = [int(word) for word in words]
    return Moment(os.getloadavg()[0], ticks[7] if len(ticks) > 7 else 0, sum(ticks[:8]))


def steal_percent(before: Moment, after: Moment) -> float:
    """The percentage of the processors' time that other virtual machines took between two
    moments."""
    ticks = after.ticks - before.ticks
    return 100 * (after.steal - before.steal) / ticks if ticks > 0 else 0.0


def settings() -> list[str]:
    """Variables of the environment that change what allocators do."""
    return sorted(name for name in os.environ
                  if name == "GLIBC_TUNABLES" or name.startswith(_ALLOCATORS))


def doubts(before: Moment, after: Moment, threads: int) -> list[str]:
    """Sentences on what makes a measurement between these moments doubtful.  `threads` is the
    largest number of threads of a row."""
    cores = len(os.sched_getaffinity(0))
    governor = _content(_GOVERNOR)
    found = []
    if before.load > 0.3 * cores:
        found.append(f"the load was {before.load:.1f} on {cores} processors before the first run: "
                     "something else is running")
    if steal_percent(before, after) > 1:
        found.append(f"{steal_percent(before, after):.1f} % of the processors' time was taken by "
                     "other machines")
    if governor not in (None, "performance"):
        found.append(f"the clock speed changes (governor {governor})")
    if threads > cores:
        found.append(f"rows with up to {threads} threads shared {cores} processors")
    if settings():
        found.append(f"the environment has settings of allocators: {', '.join(settings())}")
    return found
