"""Shared by the tests of header_ab: where things are, a manifest of fake programs."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parents[2]
sys.path.insert(0, str(ROOT))

from bench.lab.header import rounding, rows  # noqa: E402
from bench.lab.select.programs import PROGRAMS  # noqa: E402

# A program that takes no time: operations a second, KiB at the peak.
FAKE = """\
#!/bin/sh
echo 'RESULT bench=fake params="" ops=1000 seconds=0.5 ops_per_s={speed} peak_rss_kib={peak}' \\
    'rss_kib=5 minor_faults=7 user_s=0.25 sys_s=0.125'
exit {status}
"""


@pytest.fixture(scope="session")
def profiles():
    return ROOT / "profiles"


@pytest.fixture(scope="session")
def models():
    return rounding.load_models(ROOT / "profiles")


@pytest.fixture
def fakes(tmp_path):
    """Writes a manifest: class lookup -> (operations a second, KiB at the peak, exit status)."""

    def write(**lookups: tuple[int, int, int]) -> Path:
        entries = []
        for lookup, (speed, peak, status) in lookups.items():
            profile = rows.PROFILES[lookup]
            path = tmp_path / f"fake_{lookup}"
            path.write_text(FAKE.format(speed=speed, peak=peak, status=status))
            path.chmod(0o755)
            entries.append({"name": f"hakmem-{profile}", "kind": "profile", "link": "shared",
                            "profile": profile,
                            "binaries": {program: path.name for program in PROGRAMS}})
        manifest = tmp_path / "manifest.json"
        manifest.write_text(json.dumps(
            {"programs": list(PROGRAMS), "variants": entries, "missing": [],
             "build": {"mode": "opt"}}))
        return manifest

    return write
