"""What order.py says of small packages that are in order, and of others."""

import pytest

from tests.layers.order import import_problems, list_problems


@pytest.fixture
def package(tmp_path):
    """Writes a package `p`, which `q` uses; returns its folder."""
    files = {
        "p/__init__.py": '"""P.\n\n    low.py   first\n    high.py  second\n    room/    last\n"""',
        "p/low.py": "", "p/high.py": "from p import low\nfrom p.low import name\n",
        "p/room/__init__.py": "", "p/room/one.py": "import p.high\nfrom p.room import two\n",
        "p/room/two.py": "import os\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "p"


def test_a_package_in_order(package):
    assert list(import_problems(package, ["q"])) == [] and list(list_problems(package)) == []


@pytest.mark.parametrize(("name", "text", "problem"), [
    ("low.py", "from p import high", "p/low.py:1: imports p/high.py, which is not above it"),
    ("low.py", "from p.high import x", "p/low.py:1: imports p/high.py, which is not above it"),
    ("low.py", "import p.room.two", "p/low.py:1: imports p/room/two.py, which is not above it"),
    ("low.py", "def f():\n    from p.room import two",
     "p/low.py:2: imports p/room/two.py, which is not above it"),
    ("low.py", "from p.new import x", "p/low.py:1: imports p/new.py, which is not above it"),
    ("high.py", "import q", "p/high.py:1: imports q, which uses p"),
    ("high.py", "from q.one import x", "p/high.py:1: imports q, which uses p"),
])
def test_an_import_that_goes_upwards(package, name, text, problem):
    (package / "new.py").touch()
    (package / name).write_text(text)
    assert list(import_problems(package, ["q"])) == [problem]


def test_a_list_that_is_not_true(package):
    (package / "new.py").touch()
    (package / "low.py").unlink()
    assert list(list_problems(package)) == [
        "p/low.py is listed but does not exist", "p/new.py is not listed"]
