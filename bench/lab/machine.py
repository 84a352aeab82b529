"""What run.json says about the machine, the tools and the profiles."""

import hashlib
import os
import platform
import subprocess
from pathlib import Path

_GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
_HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"


def _first_line(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else None


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


def describe(packages: list[str]) -> dict:
    """The machine as it is now; what cannot be found out is null."""
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
            name: _first_line("dpkg-query", "-W", "-f", "${Version}\n", name) for name in packages
        },
    }


def load() -> list[float]:
    """Load averages over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def profile_hashes(root: Path) -> dict[str, str]:
    """SHA-256 of each profile's file in the workspace."""
    return {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((root / "profiles").glob("*.yaml"))
    }
