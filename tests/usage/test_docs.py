"""The pages name nothing that is not there: files, links, labels, functions, keys of profiles."""

import json
import re
from pathlib import Path

import pytest

from tests.usage.workspace import CHECKOUT, Bazel

PAGES = [Path("README.md"), *sorted(path.relative_to(CHECKOUT)
                                    for path in (CHECKOUT / "docs").glob("*.md"))]
FOLDERS = "bazel|bench|docs|gen|profiles|src|templates|tests"
SOURCES = {".bzl", ".c", ".cc", ".h", ".j2", ".py"}
RESULTS = {".csv", ".html", ".json"}
EXAMPLES = {"//:server", "//:own", "//:libmine.so", "//bench:caches_ab"}  # that a reader makes
EXAMPLE = r"hakmem-(NAME|mine|app|redis)\b"


def text_of(page: Path) -> str:
    return (CHECKOUT / page).read_text(encoding="utf-8")


def code(page: Path) -> list[str]:
    """What the page shows as code: words in backticks, indented and fenced lines."""
    text = text_of(page)
    fenced = re.findall(r"^```.*?\n(.*?)^```", text, re.M | re.S)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [*re.findall(r"`([^`]+)`", rest), *fenced, *re.findall(r"^ {4,}(\S.*)", rest, re.M)]


def tree() -> dict[str, list[Path]]:
    """File name -> the files of the checkout that are called so."""
    found: dict[str, list[Path]] = {}
    for folder in FOLDERS.split("|"):
        for path in (CHECKOUT / folder).rglob("*"):
            found.setdefault(path.name, []).append(path)
    return found


def sources(*folders: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders
                     for path in sorted((CHECKOUT / folder).rglob("*"))
                     if path.suffix in SOURCES)


def is_placeholder(word: str) -> bool:
    return bool(re.search(r"NAME|FOLDER|<|\b(mine|app)\.yaml", word))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_exist(page):
    """Paths from the root, and bare names; what the templates render counts as a file."""
    names, made, lost = tree(), sources("bench", "gen", "tests/mutants"), []
    for word in code(page):
        if re.fullmatch(rf"({FOLDERS})/[\w./*+-]*", word):
            there = any(CHECKOUT.glob(word.rstrip("/")))
        elif not re.fullmatch(r"[\w.-]+\.\w+", word):
            continue
        elif Path(word).suffix in SOURCES:
            there = word in names or f"{word.removeprefix('hak_')}.j2" in names
        else:
            there = Path(word).suffix not in RESULTS or word in names or word in made
        if not there and not is_placeholder(word):
            lost.append(word)
    assert lost == []


def anchors(page: Path) -> set[str]:
    """Of the page's headings."""
    heads = re.findall(r"^#+ (.*)$", text_of(page), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page):
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        file, _, anchor = target.partition("#")
        path = (CHECKOUT / page.parent / file).resolve() if file else CHECKOUT / page
        if not path.exists() or anchor and anchor not in anchors(path.relative_to(CHECKOUT)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_functions_exist(page):
    known = sources("src", "templates", "bench", "tests")
    known += " ".join(f"hak_{path.name}" for path in (CHECKOUT / "templates").iterdir())
    named = {name for word in code(page) for name in re.findall(r"\bhak_\w+|\bHAK_\w+", word)
             if not name.endswith("_")}
    assert [name for name in sorted(named) if not is_placeholder(name)
            and not re.search(rf"\b{name}\b", known)] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_keys_exist(page):
    schema = json.loads((CHECKOUT / "profiles/schema.json").read_text(encoding="utf-8"))
    keys = {name: node["properties"] for name, node in schema["properties"].items()
            if "properties" in node}
    named = {pair for word in code(page)
             for pair in re.findall(rf"(?<![\w/.-])({'|'.join(keys)})\.([a-z]\w*)", word)}
    assert [f"{section}.{key}" for section, key in sorted(named)
            if f".{key}" not in SOURCES and key not in keys[section]] == []


def labels() -> set[str]:
    """All that the pages name, with a shipped profile for one that a reader makes."""
    found = {re.sub(EXAMPLE, "hakmem-low-rss", label) for page in PAGES for word in code(page)
             for label in re.findall(r"(?:(?<![\w:/])|(?<=@hakmem))//[\w./-]*(?::[\w.+-]+)?", word)}
    return {label for label in found - EXAMPLES if not is_placeholder(label)}


def test_labels_exist(tmp_path):
    """Bazel knows each, whatever macro makes it."""
    named = labels()
    assert len(named) > 40
    paths = {label for label in named if label.endswith((".bzl", "..."))}
    bazel = Bazel(CHECKOUT, tmp_path)
    try:
        done = bazel.run("query", "--keep_going", f"set({' '.join(sorted(named - paths))})")
    finally:
        bazel.run("shutdown")
    assert [line for line in done.stdout.splitlines() if line.startswith("ERROR")] == []
    assert done.returncode == 0
    assert [label for label in sorted(paths)
            if not (CHECKOUT / re.sub(r"[:.]*$", "", label[2:].replace(":", "/"))).exists()] == []
