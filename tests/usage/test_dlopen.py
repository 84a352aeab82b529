"""Plugins opened with RTLD_DEEPBIND use hakmem, and are found where their caller says."""

import re
import subprocess

import pytest

from tests.libraries import libraries
from tests.usage.conftest import compiled, output

LIBRARIES = libraries()


@pytest.fixture(params=sorted(LIBRARIES))
def library(request):
    return LIBRARIES[request.param]


@pytest.fixture(scope="module")
def host(folder):
    """The host, with a plugin in the folder of its RUNPATH; a library, with another in its own."""
    compiled(folder / "plugins/near.so", "plugin.c", "-shared", "-fPIC")
    compiled(folder / "callers/plugins/far.so", "plugin.c", "-shared", "-fPIC")
    runpath = "-Wl,--enable-new-dtags,-rpath,$ORIGIN/plugins"
    compiled(folder / "callers/caller.so", "caller.c", "-shared", "-fPIC", runpath)
    return compiled(folder / "host", "host.c", runpath)


def test_a_plugin_frees_blocks_of_the_c_library_and_of_its_host(host, library):
    assert output([host, host.parent / "plugins/near.so"], library) == "ran"


def test_found_by_the_runpath_of_the_program(host, library):
    assert output([host, "near.so"], library) == "ran"


def test_found_by_the_runpath_of_a_library(host, library):
    assert output([host, "far.so", host.parent / "callers/caller.so"], library) == "ran"


def test_not_found_by_the_runpath_of_another(host, library):
    """The program's RUNPATH is no business of the library's, nor the reverse."""
    assert "near.so: cannot open" in output(
        [host, "near.so", host.parent / "callers/caller.so"], library, status=1)
    assert "far.so: cannot open" in output([host, "far.so"], library, status=1)


def test_the_last_call_is_a_jump(library):
    """A call would make hakmem the caller, whose RUNPATH says nothing."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--disassemble=dlopen", library],
                          capture_output=True, text=True, check=True).stdout
    branches = re.findall(r"^\s+\w+:\s+(?:notrack |bnd )?(call|jmp)\s+(.*)$", code, re.MULTILINE)
    calls = [to for kind, to in branches if kind == "call"]
    assert len(calls) == 1 and "<dlsym" in calls[0], code
    assert any(kind == "jmp" and to.startswith("*") for kind, to in branches), code
