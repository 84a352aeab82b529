"""Comments of src/ and templates/, and the two pages on the design, speak of no hak_ or HAK_ name and
of no file of src/ that does not exist."""

import re
from pathlib import Path

PAGES = ("docs/design.md", "docs/life-of-a-block.md")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r"\b(?:hak|HAK)_\w+\b(?!\.(?:h|cc?)\b)")
_FILE = re.compile(r"(?<![\w/])\w+\.(?:h|cc?)\b")


def _texts() -> dict[str, str]:
    paths = [path for path in Path("src").iterdir() if path.suffix in (".h", ".c", ".cc")]
    return {str(path): path.read_text(encoding="utf-8")
            for path in [*paths, *Path("templates").glob("*.j2")]}


def strangers(words: dict[str, str], texts: dict[str, str], files: set[str]) -> list[str]:
    """Names in `words` (place -> text) that neither the code of `texts` nor `files` has."""
    code = {name for text in texts.values() for name in _NAME.findall(_COMMENT.sub(" ", text))}
    return sorted(f"{place}: {name}" for place, text in words.items()
                  for name in {*_NAME.findall(text)} - code | {*_FILE.findall(text)} - files)


def test_no_comment_speaks_of_what_does_not_exist():
    texts = _texts()
    words = {place: " ".join(_COMMENT.findall(text)) for place, text in texts.items()}
    words |= {page: Path(page).read_text(encoding="utf-8") for page in PAGES}
    files = {Path(place).name for place in texts}
    files |= {f"hak_{path.stem}" for path in Path("templates").glob("*.j2")}
    assert strangers(words, texts, files) == []


def test_a_stranger_is_named():
    texts = {"a.c": "/* hak_gone, see b.c and hak_here */ int hak_here;"}
    words = {"a.c": "/* hak_gone, see b.c and hak_here */"}
    assert strangers(words, texts, {"a.c"}) == ["a.c: b.c", "a.c: hak_gone"]
    assert strangers(words, texts | {"b.c": "hak_gone();"}, {"a.c", "b.c"}) == []
