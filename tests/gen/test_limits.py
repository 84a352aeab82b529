"""The numbers that C states and Python reads, and where a profile's schema repeats them."""

import pytest

from gen import limits
from gen.schema import schema, schema_keys


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Writes a header of src/."""
    monkeypatch.setattr(limits, "SRC", tmp_path)
    return lambda text, name="a.h": (tmp_path / name).write_text(text)


def test_a_number_is_read_from_where_it_is_stated(source):
    source("enum { HAK_ONE = 12, HAK_OTHER = 0x80, /* HAK_ONE is not 13 */\n HAK_TWO = HAK_ONE };")
    source("enum {\n    HAK_ANY = HAK_GUARD ? 4096 : 1,\n};", "b.h")
    assert [limits.constant(name) for name in ("HAK_ONE", "HAK_OTHER", "HAK_ANY")] == [12, 128, 4096]


@pytest.mark.parametrize("text", ["", "enum { HAK_TWO = 2 * 3 };", "enum { HAK_TWO = HAK_ONE };",
                                  "enum { HAK_TWO = 2 };\nenum { HAK_TWO = 3 };"])
def test_a_number_that_is_not_stated_once_is_an_error(source, text):
    source(text)
    with pytest.raises(LookupError, match="HAK_TWO"):
        limits.constant("HAK_TWO")


def test_the_schema_allows_what_the_allocator_can_do():
    sizes = schema()["properties"]["classes"]["properties"]["sizes"]
    assert sizes["maxItems"] == limits.MAX_CLASSES
    assert sizes["items"]["minimum"] == sizes["items"]["multipleOf"] == limits.QUANTUM
    assert sizes["items"]["maximum"] == limits.PAGE
    front = schema_keys()["front"]
    assert front["fast_cap"]["maximum"] == 2 * limits.MAX_BATCH
    assert front["list_max"]["maximum"] == limits.PAGE
