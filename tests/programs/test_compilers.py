"""gcc and clang++ compile this project's own sources: to the same object files."""

from pathlib import Path

import pytest

from tests.programs.common import need, output

ROOT = Path(".").absolute()
GENERATED = ROOT / "generated/default"
SOURCES = ("api.c", "cache.c", "heap.c", "large.c", "slow.c")


def objects(library, folder):
    """Name -> contents of the object files."""
    includes = ["-I", str(ROOT / "src"), "-I", str(GENERATED), "-I", str(ROOT)]
    gcc, clang = need("gcc", "gcc"), need("clang++", "clang")
    for name in SOURCES:
        output([gcc, "-std=gnu11", "-O2", *includes, "-c", str(ROOT / "src" / name), "-o",
                name + ".o"], library, folder)
    output([gcc, "-std=gnu11", "-O3", "-flto", *includes, "-c", str(ROOT / "src/slow.c"), "-o",
            "lto.o"], library, folder)
    for source in (ROOT / "src/operators.cc", ROOT / "tests/programs/classes.cc"):
        output([clang, "-std=c++17", "-O2", *includes, "-c", str(source), "-o",
                source.stem + ".clang.o"], library, folder)
        output([need("g++", "g++"), "-std=c++17", "-O2", *includes, "-c", str(source), "-o",
                source.stem + ".gcc.o"], library, folder)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.o"))}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return objects(None, tmp_path_factory.mktemp("expected"))


def test_objects(library, expected, tmp_path):
    assert len(expected) == len(SOURCES) + 5
    found = objects(library, tmp_path)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == ["lto.o"] or \
        found == expected, "LTO objects hold a random identifier"
