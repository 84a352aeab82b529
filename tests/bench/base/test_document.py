"""The part of a page that a command writes."""

import pytest

from bench.lab.base.document import TO, Document
from bench.lab.base.errors import UsageError

MARK = "<!-- table: written by bazel run //bench:{} -->"


def test_only_its_own_part_changes(tmp_path):
    """Beside the part of another command, before it and behind it."""
    page = tmp_path / "page.md"
    parts = [f"{MARK.format(name)}\n\nold {name}\n\n{TO}\n" for name in ("one", "two", "three")]
    page.write_text("\n".join(["first", *parts, "last\n"]))
    before = page.read_text()
    Document(page, "two").put("new\n")
    assert page.read_text() == before.replace("old two\n", "new\n")
    Document(page, "two").put("new\n")
    assert page.read_text() == before.replace("old two\n", "new\n")


@pytest.mark.parametrize("text", [
    "text\n", f"{MARK.format('one')}\n", f"{MARK.format('other')}\n{TO}\n",
    f"{TO}\n{MARK.format('one')}\n"])
def test_a_page_without_a_place(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(UsageError, match="has no place for the table"):
        Document(page, "one")


def test_no_page(tmp_path):
    with pytest.raises(UsageError, match="--document: .*none.md: No such file"):
        Document(tmp_path / "none.md", "one")
