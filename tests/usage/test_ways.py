"""The same program with hakmem preloaded, linked in each way, and opened at run time."""

import re
import subprocess

import pytest

from tests.libraries import libraries
from tests.usage.conftest import INSTALLED, compiled, output

LIBRARIES = libraries()
SURPLUS = 144  # bytes of static TLS that every glibc since 2.26 leaves for libraries opened late


@pytest.fixture(params=sorted(LIBRARIES))
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def plain(folder):
    return compiled(folder / "plain", "profile.c")


@pytest.fixture(scope="module")
def late(folder):
    return compiled(folder / "late", "late.c", "-pthread")


def test_without_hakmem(plain):
    assert output([plain]) == "none"


def test_preloaded(plain, profile):
    assert output([plain], LIBRARIES[profile]) == profile


def test_linked_shared(folder, profile):
    library = INSTALLED / profile / "libhakmem.so.1"
    program = compiled(folder / "shared", "profile.c", library, f"-Wl,-rpath,{library.parent}")
    assert output([program]) == profile


@pytest.mark.parametrize("options", [[], ["-no-pie"], ["-static"], ["-static-pie"]])
def test_linked_static(folder, profile, options):
    program = compiled(folder / "static", "profile.c", *options, "-Wl,-u,hak_profile",
                       INSTALLED / profile / "libhakmem.a")
    assert output([program]) == profile


def test_another_profile_over_a_linked_one(folder):
    library = INSTALLED / "default/libhakmem.so.1"
    program = compiled(folder / "over", "profile.c", library, f"-Wl,-rpath,{library.parent}")
    assert output([program], INSTALLED / "low-rss/libhakmem.so.1") == "low-rss"


@pytest.mark.parametrize("mode", ["local", "global"])
def test_opened_and_closed_at_run_time(late, profile, mode):
    assert output([late, LIBRARIES[profile], mode]) == profile


def test_thread_local_memory_fits_into_what_is_left_for_late_libraries(profile):
    headers = subprocess.run(["readelf", "-lW", LIBRARIES[profile]], capture_output=True, text=True,
                             check=True).stdout
    size = int(re.search(r"^\s+TLS\s+(?:\S+\s+){4}(0x\w+)", headers, re.MULTILINE)[1], 16)
    assert 0 < size <= SURPLUS
