"""Flame graphs from made-up stacks."""

import html.parser
import re
from collections import Counter

import pytest

from bench.lab.perf import flame
from bench.lab.perf.stacks import Frame

MAIN, WORK, MALLOC, FREE = (Frame("main", "/bin/prog"), Frame("work", "/bin/prog"),
                            Frame("malloc", "/lib/libhakmem.so"), Frame("free", "/lib/libc.so"))
STACKS = Counter({(MAIN, WORK, MALLOC): 60, (MAIN, WORK): 10, (MAIN, FREE): 25, (MALLOC,): 5})


def kind(frame: Frame) -> str:
    return "hakmem" if frame.object == "/lib/libhakmem.so" else frame.file


def by_path(boxes: list[flame.Box]) -> dict[tuple[str, ...], flame.Box]:
    """Each box by the names from the bottom to it."""
    found, path = {}, []
    for box in boxes:
        path = path[:box.depth] + [box.name]
        found[tuple(path)] = box
    return found


class Page(html.parser.HTMLParser):
    """The boxes of a page, and what it loads from elsewhere."""

    def __init__(self, text: str):
        super().__init__()
        self.boxes: list[dict[str, str]] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.outside += [found[name] for name in ("src", "href") if name in found]
        if tag == "button" and "box" in found.get("class", "").split():
            self.boxes.append(found)


def test_shares():
    found = by_path(flame.boxes(STACKS, kind))
    assert {path: (box.left, box.width, box.own) for path, box in found.items()} == {
        ("all",): (0, 1, 0),
        ("all", "main"): (0, 0.95, 0),
        ("all", "main", "free"): (0, 0.25, 0.25),
        ("all", "main", "work"): (0.25, 0.70, pytest.approx(0.10)),
        ("all", "main", "work", "malloc"): (0.25, 0.60, 0.60),
        ("all", "malloc"): (0.95, 0.05, 0.05),
    }
    assert found["all", "malloc"].kind == "hakmem"
    assert found["all", "main", "free"].kind == "libc.so"


def test_children_stand_on_their_parent():
    stacks = Counter({tuple(Frame(f"f{i * n % 7}", "x") for i in range(1 + n % 9)): 1 + n * n % 50
                      for n in range(1, 200)})
    parents: list[flame.Box] = []
    sums: Counter = Counter()
    for box in flame.boxes(stacks, kind):
        parents[box.depth:] = [box]
        if box.depth:
            parent = parents[box.depth - 1]
            assert box.left >= parent.left - 1e-9
            assert box.left + box.width <= parent.left + parent.width + 1e-9
            sums[parent] += box.width
    assert sums
    for parent, width in sums.items():
        assert width <= parent.width + 1e-9


def test_the_same_function_in_two_files():
    other = Frame("work", "/lib/other.so")
    boxes = flame.boxes(Counter({(MAIN, WORK): 1, (MAIN, other): 3}), kind)
    assert [(box.name, box.kind, box.width) for box in boxes if box.depth == 2] == [
        ("work", "prog", 0.25), ("work", "other.so", 0.75)]


def test_narrow_boxes_are_left_out():
    thin = Frame("thin", "x")
    boxes = flame.boxes(Counter({(MAIN,): 100_000, (MAIN, thin): 10, (WORK, thin): 100}), kind)
    assert [box.name for box in boxes] == ["all", "main", "work", "thin"]
    assert boxes[-1].depth == 2 and boxes[-1].left == pytest.approx(100_010 / 100_110)


def test_page():
    text = flame.render(STACKS, kind, "larson 1, hakmem", "100 samples")
    page = Page(text)
    assert page.outside == [] and "http" not in text
    assert len(page.boxes) == 6
    assert page.boxes[0]["title"] == "all (all): 100.00 %, 0.00 % in itself"
    work = page.boxes[3]
    assert work["title"] == "work (prog): 70.00 %, 10.00 % in itself"
    assert "left:25.0000%;width:70.0000%;bottom:40px" in work["style"]
    assert work["class"] == "box library"
    assert re.search(r"#graph \{[^}]*height: 80px", text)
    assert "<title>larson 1, hakmem</title>" in text and "<p>100 samples</p>" in text
    assert text == flame.render(STACKS, kind, "larson 1, hakmem", "100 samples")


def test_names_are_no_markup():
    evil = Frame('operator<<"</script><b>', "/bin/prog")
    text = flame.render(Counter({(evil,): 1}), kind, "<i>", "&")
    page = Page(text)
    assert page.boxes[1]["title"].startswith('operator<<"</script><b> (prog): 100.00 %')
    assert "<b>" not in text and "<i>" not in text and "<title>&lt;i&gt;</title>" in text


def test_nothing_recorded():
    text = flame.render(Counter(), kind, "nothing", "0 samples")
    assert Page(text).boxes == []
