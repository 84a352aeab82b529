"""What the statistics say is what load.c holds, for each profile."""

import json
import os
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.libraries import libraries

LOAD = Path("tests/stats/load")
SMALL, LARGE, MIB = 1000, 10, 1 << 20
LIBRARIES = libraries()


class Run:
    """load.c under a profile's library, until its standard input is closed."""

    def __init__(self, profile: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [str(LOAD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, "LD_PRELOAD": str(LIBRARIES[profile]), **environment},
        )
        self.lines: dict[str, list[str]] = {}
        while not self.lines.get("ready"):
            name, _, rest = self.process.stdout.readline().partition(" ")
            assert name, self.process.communicate()[1]
            self.lines.setdefault(name.strip(), []).append(rest)

    def end(self) -> str:
        """Standard error."""
        errors = self.process.communicate("xxx")[1]
        assert self.process.returncode == 0, errors
        return errors


@pytest.fixture(params=sorted(LIBRARIES))
def profile(request):
    return request.param


def test_mallinfo2_counts_what_is_held(profile):
    run = Run(profile)
    before, after = [[int(n) for n in line.split()] for line in run.lines["mallinfo2"]]
    run.end()
    small, large, count = (b - a for a, b in zip(before, after))
    assert SMALL * 100 <= small <= SMALL * 160, "the class of 100 bytes, with header or seal"
    assert LARGE * MIB <= large <= LARGE * (MIB + 2 * 65536)
    assert count == LARGE


def test_json_has_every_class_and_adds_up(profile):
    run = Run(profile)
    stats = json.loads(run.lines["json"][0])
    run.end()
    assert stats["profile"] == profile and stats["counting"] is False
    held = [row for row in stats["classes"] if row["size"] >= 100 and row["live_blocks"] >= SMALL]
    assert held and held[0]["size"] <= 160
    assert sum(row["live_blocks"] for row in stats["classes"]) == stats["small"]["live_blocks"]
    assert stats["large"]["live_blocks"] == LARGE
    assert stats["process"]["peak_rss_bytes"] >= stats["process"]["rss_bytes"] > LARGE * MIB
    assert all("allocs" not in row for row in stats["classes"])


def test_the_peak_is_the_programs_own(profile, tmp_path):
    """Not that of what was in the process before it."""
    code = ("import os, sys; held = bytearray(200 << 20); held[::4096] = b'x' * len(held[::4096]); "
            "os.execve('/bin/true', ['true'], dict(os.environ, LD_PRELOAD=sys.argv[1]))")
    file = tmp_path / "stats.json"
    subprocess.run(["/usr/bin/python3", "-c", code, str(LIBRARIES[profile])], check=True,
                   env={**os.environ, "HAKMEM_STATS": "exit", "HAKMEM_STATS_FILE": str(file)})
    process = json.loads(file.read_text())["process"]
    assert 0 < process["rss_bytes"] <= process["peak_rss_bytes"] < 50 * MIB


def test_xml_agrees(profile):
    run = Run(profile)
    tree = ElementTree.fromstring(run.lines["xml"][0])
    run.end()
    live = {int(row.get("size")): int(row.get("live")) for row in tree.iter("class")}
    assert max(live[size] for size in live if 100 <= size <= 160) >= SMALL
    mapped = [total for total in tree.findall("total") if total.get("type") == "mmap"]
    assert [int(total.get("count")) for total in mapped] == [LARGE]


def documents(text: str) -> list[dict]:
    """JSON objects one behind the other."""
    found, decoder = [], json.JSONDecoder()
    while text.strip():
        value, end = decoder.raw_decode(text.lstrip())
        found.append(value)
        text = text.lstrip()[end:]
    return found


def keys_of(value: object) -> set[str]:
    """The keys of all objects in a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_the_page_names_every_key_and_no_other(profile):
    page = Path("docs/statistics.md").read_text(encoding="utf-8").split("\n## Keys\n")[1]
    stats = documents(Run(profile, HAKMEM_STATS="exit").end())
    assert set(re.findall(r"`(\w+)`", page)) == keys_of(stats[0])


def test_at_exit_to_standard_error(profile):
    stats = documents(Run(profile, HAKMEM_STATS="exit").end())
    assert len(stats) == 1 and stats[0]["counting"] is True
    row = max(stats[0]["classes"], key=lambda row: row["allocs"] if row["size"] <= 160 else 0)
    assert row["allocs"] >= SMALL and row["frees"] >= SMALL
    assert 0 <= row["cache_hits"] <= row["allocs"]
    for one in stats[0]["classes"]:
        assert one["allocs"] - one["frees"] == one["live_blocks"], one
    assert row["requested_bytes"] >= SMALL * 100
    assert stats[0]["large"]["live_blocks"] == 0


def test_at_signals_to_a_file(profile, tmp_path):
    run = Run(profile, HAKMEM_STATS="exit,signal", HAKMEM_STATS_FILE=f"{tmp_path}/s.%p.json")
    file = tmp_path / f"s.{run.process.pid}.json"
    for expected in (1, 2):
        run.process.send_signal(signal.SIGUSR2)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if file.exists() and file.read_text().count("}]}\n") + \
                    file.read_text().count(" \"classes\": []}") == expected:
                break
            time.sleep(0.02)
    assert run.end() == ""
    held = [stats["large"]["live_blocks"] for stats in documents(file.read_text())]
    assert held == [LARGE, LARGE, 0]


def test_a_wrong_word_is_named():
    errors = Run("default", HAKMEM_STATS="always").end()
    assert re.fullmatch(
        r"hakmem\(default\): HAKMEM_STATS: always is neither exit nor signal nor exit,signal\n",
        errors,
    )


def test_signals_are_left_alone_unless_asked_for():
    run = Run("default", HAKMEM_STATS="exit")
    run.process.send_signal(signal.SIGUSR2)
    run.process.communicate()
    assert run.process.returncode == -signal.SIGUSR2


@pytest.mark.parametrize("end, written", [
    ("pass", True),
    ("sys.exit(0)", True),
    ("libc.exit(0)", True),
    ("os._exit(0)", False),
    ("libc.quick_exit(0)", False),
    ("os.kill(os.getpid(), signal.SIGTERM)", False),
    ("os.environ.pop('HAKMEM_STATS'), os.execv('/bin/true', ['true'])", False),
])
def test_which_ends_write_statistics(end, written, tmp_path):
    """As docs/statistics.md says."""
    code = f"import ctypes, os, signal, sys; libc = ctypes.CDLL(None); {end}"
    subprocess.run(
        ["/usr/bin/python3", "-c", code], check=False,
        env={**os.environ, "LD_PRELOAD": str(LIBRARIES["default"]), "HAKMEM_STATS": "exit",
             "HAKMEM_STATS_FILE": str(tmp_path / "stats.json")})
    assert (tmp_path / "stats.json").exists() == written
