"""Renders a Model through templates/*.j2.

For the templates, beside `m` (the Model) and Jinja2's own filters:

    cache, cache_bytes
        struct hak_cache: `cache.MEMBER.offset` is the offset of a member; its size in bytes.
    header_live
        HAK_HEADER_LIVE

    {{ list | table(per_line, width) }}
        the integers in rows of `per_line`, or of fewer if a row would exceed 100 columns.  Each is
        right-aligned in `width` columns, by default those of the widest, and a comma follows all
        but the last.  Rows are indented by 4.
    {{ list | offset(n) }}
        the integers, each plus n.

A name that does not exist is an error.  The output depends on the model and the templates alone.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import jinja2

from gen.layout import cache_struct, sizeof
from gen.limits import HEADER_LIVE
from gen.model import Model

TEMPLATES = Path(__file__).parent.parent / "templates"
OUTPUTS = {
    "hak_config.h": "config.h.j2",
    "hak_classes.c": "classes.c.j2",
    "hak_fastpath.h": "fastpath.h.j2",
}
_INDENT = 4
_COLUMNS = 100


def table(values: list[int], per_line: int, width: int | None = None) -> str:
    """The integers in aligned rows: see above."""
    if width is None:
        width = max(len(str(value)) for value in values)
    cells = [f"{value:>{width}}," for value in values]
    cells[-1] = cells[-1][:-1]
    per_line = min(per_line, (_COLUMNS - _INDENT + 1) // (width + 2))
    rows = (cells[i : i + per_line] for i in range(0, len(cells), per_line))
    return "\n".join(" " * _INDENT + " ".join(row) for row in rows)


def offset(values: list[int], n: int) -> list[int]:
    """The integers, each plus n."""
    return [value + n for value in values]


def render(model: Model, templates: Path = TEMPLATES) -> dict[str, str]:
    """File name -> content of each generated source.  Raises jinja2.TemplateError."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["offset"] = offset
    environment.filters["table"] = table
    cache = cache_struct(model)
    environment.globals.update(cache=cache, cache_bytes=sizeof(cache), header_live=HEADER_LIVE)
    return {
        output: environment.get_template(name).render(
            m=replace(model, template=f"{templates.name}/{name}")
        )
        for output, name in OUTPUTS.items()
    }


def write(contents: dict[str, str], out_dir: Path) -> list[str]:
    """Writes those files whose contents change; returns their names.

    All new files are first written beside the old ones, so that a full disk leaves the old ones.
    Raises OSError.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    changed = [name for name, text in contents.items() if _read(out_dir / name) != text]
    with tempfile.TemporaryDirectory(prefix=".hakmem-", dir=out_dir) as fresh:
        for name in changed:
            (Path(fresh) / name).write_text(contents[name], encoding="utf-8")
        for name in changed:
            os.replace(Path(fresh) / name, out_dir / name)
    return changed


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
