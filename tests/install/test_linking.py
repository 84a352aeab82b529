"""Programs built against the installed tree use it: with pkg-config and with CMake."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path("tests/install/project").absolute()
PROFILE = "low-rss"
LANGUAGES = {"c": ["gcc"], "cc": ["g++", "-std=c++17"]}
WAYS = {
    "shared": ([], ["hakmem"]),
    "static": ([], ["hakmem-static"]),
    "fully-static": (["-static"], ["--static", "hakmem"]),
}


def run(command: list, **environment: str) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, **environment})
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def flags(tree: Path, *args: str) -> list[str]:
    """As a shell splits them; the tree's path has no space here."""
    return run(["pkg-config", "--cflags", "--libs", *args],
               PKG_CONFIG_PATH=str(tree / "lib/pkgconfig")).split()


def needs(program: Path) -> str:
    return run(["readelf", "-dW", program])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", WAYS)
def test_pkg_config(tree, tmp_path, language, way):
    options, packages = WAYS[way]
    program = tmp_path / "program"
    run([*LANGUAGES[language], *options, PROJECT / f"program.{language}", "-o", program,
         *flags(tree, *packages)])
    assert run([program], LD_LIBRARY_PATH=str(tree / "lib")) == f"{PROFILE}\n"
    assert ("libhakmem.so.1" in needs(program)) is (way == "shared")
    assert ("NEEDED" in needs(program)) is (way != "fully-static")


@pytest.mark.parametrize("packages", [["hakmem"], ["hakmem-static"]])
def test_a_program_that_calls_no_malloc_gets_hakmem(tree, tmp_path, packages):
    """Symbols of a static program are visible to dlsym only with -rdynamic."""
    program = tmp_path / "silent"
    run(["gcc", "-Wl,--as-needed", "-rdynamic", PROJECT / "silent.c", "-o", program,
         *flags(tree, *packages)])
    assert run([program], LD_LIBRARY_PATH=str(tree / "lib")) == f"{PROFILE}\n"


def test_the_variable_preload_names_the_library(tree):
    path = run(["pkg-config", "--variable=preload", "hakmem"],
               PKG_CONFIG_PATH=str(tree / "lib/pkgconfig")).strip()
    assert Path(path).resolve() == (tree / "lib/libhakmem.so.1").resolve()


@pytest.fixture(scope="module")
def built(tree, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("with cmake")
    moved = shutil.copytree(tree, folder / "a prefix", symlinks=True)
    said = run(["cmake", "-S", PROJECT, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={moved}"])
    assert f"-- hakmem 1.0.0 {PROFILE}" in said
    run(["cmake", "--build", folder / "build", "--parallel", "2"])
    return folder / "build"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", ["shared", "static", "fully_static"])
def test_cmake(built, way, language):
    program = built / f"{way}_{language}"
    assert run([program]) == f"{PROFILE}\n"
    assert ("libhakmem.so.1" in needs(program)) is (way == "shared")
    assert ("NEEDED" in needs(program)) is (way != "fully_static")


def test_cmake_keeps_hakmem_in_a_program_that_calls_no_malloc(built):
    assert run([built / "silent"]) == f"{PROFILE}\n"


@pytest.mark.parametrize("wanted, found", [("1.0", True), ("1.0.0", True), ("2", False),
                                           ("1.1", False), ("0.9", False)])
def test_cmake_versions(tree, tmp_path, wanted, found):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES C)\n"
        f"find_package(hakmem {wanted} QUIET NO_DEFAULT_PATH PATHS {tree})\n"
        'message(STATUS "found ${hakmem_FOUND}")\n')
    said = subprocess.run(["cmake", "-S", tmp_path, "-B", tmp_path / "build"],
                          capture_output=True, text=True).stdout
    assert ("-- found 1" in said) is found
