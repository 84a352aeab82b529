"""Every include of src/ and templates/ is one that the layer table of docs/design.md allows."""

import re
from pathlib import Path

import pytest

from tests.layers.graph import circle, upward

# The fast and the slow side of malloc and free call each other: for circles they are one file.
SIDES = {"hak_fastpath": "slow"}

_NAME = re.compile(r"`(\w+\.(?:h|cc?))`")
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def rows_of(page: str) -> dict[str, int]:
    """File name -> number of its row in the table of the section "Layers"."""
    section = page.split("\n## Layers\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name: number for number, cell in enumerate(cells) for name in _NAME.findall(cell)}


def house() -> dict[str, str]:
    """File name -> text, of all C and C++ in src/ and of what templates/ are rendered into."""
    sources = (path for path in Path("src").iterdir() if path.suffix in (".h", ".c", ".cc"))
    files = {path.name: path for path in sources}
    files |= {"hak_" + path.stem: path for path in Path("templates").glob("*.j2")}
    return {name: path.read_text(encoding="utf-8") for name, path in files.items()}


def header_of(name: str, rows: dict[str, int]) -> str | None:
    """The name in the table that stands for the file: its own, or that of its header, which is x.h
    for x.c and x_more.c; None if there is none."""
    stem = name.split(".")[0]
    owners = [name] + [stem[:end] + ".h" for end in range(len(stem), 0, -1)
                       if end == len(stem) or stem[end] == "_"]
    return next((owner for owner in owners if owner in rows), None)


def faults(page: str, files: dict[str, str]) -> list[str]:
    """What is wrong, a line each."""
    rows = rows_of(page)
    found = [f"docs/design.md names {name}, which does not exist"
             for name in rows if name not in files]
    headers = {name: header_of(name, rows) for name in files}
    found += [f"docs/design.md has no row for {name}"
              for name, header in headers.items() if not header]
    if found:
        return sorted(found)
    includes = {name: set(_INCLUDE.findall(text)) & set(files) for name, text in files.items()}
    floor = {name: rows[header] for name, header in headers.items() if header}
    found += [f"{name} includes {used}, which is in a lower row"
              for name, used in upward(includes, floor)]
    in_row: dict[str, set[str]] = {}
    for name, used in includes.items():
        beside = {_thing(headers[other]) for other in used if floor[other] == floor[name]}
        in_row.setdefault(_thing(headers[name]), set()).update(beside)
    ring = circle(in_row)
    return found + ([f"a circle: {' -> '.join(ring)}"] if ring else [])


def _thing(header: str | None) -> str:
    """What a header and its C files are together."""
    stem = str(header).split(".")[0]
    return SIDES.get(stem, stem)


def test_src_keeps_to_the_table():
    assert faults(Path("docs/design.md").read_text(encoding="utf-8"), house()) == []


def test_the_whole_of_src_was_looked_at():
    files = house()
    generated = {"hak_fastpath.h", "hak_classes.c", "hak_config.h"}
    assert generated | {"os_linux.c", "operators.cc", "span.h"} <= set(files)
    assert sum(len(_INCLUDE.findall(text)) for text in files.values()) > 100


PAGE = """
## Layers

| files | own |
|---|---|
| `low.h` | `not.h` here |
| `mid.h` `side.h` | |
| `slow.h`, generated `hak_fastpath.h` | |

## More
"""
SOUND = {
    "low.h": "", "mid.h": '#include "low.h"',
    "side.h": "#include <stdio.h>", "side.c": '#include "mid.h"',
    "mid_more.c": '#include "mid.h"', "slow.h": "", "slow.c": '#include "hak_fastpath.h"',
    "hak_fastpath.h": '#include "slow.h"',
}


def test_a_sound_house_has_no_faults():
    assert faults(PAGE, SOUND) == []


@pytest.mark.parametrize("change, fault", [
    ({"low.h": '#include "mid.h"'}, "low.h includes mid.h, which is in a lower row"),
    ({"mid_more.c": '#include "slow.h"'}, "mid_more.c includes slow.h, which is in a lower row"),
    ({"mid_more.c": '  #  include "side.h"'}, "a circle: mid -> side -> mid"),
    ({"new.c": ""}, "docs/design.md has no row for new.c"),
    ({"midway.c": ""}, "docs/design.md has no row for midway.c"),
])
def test_each_fault_is_named(change, fault):
    assert faults(PAGE, SOUND | change) == [fault]


def test_a_name_without_a_file_is_named():
    files = {name: text for name, text in SOUND.items() if name != "low.h"}
    assert faults(PAGE, files) == ["docs/design.md names low.h, which does not exist"]
