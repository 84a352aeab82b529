"""The order of the modules of a Python package, as the docstrings of its rooms state it.

A room is a folder with an __init__.py.  Its docstring lists a module or a room in each line that is
indented by four blanks and begins with `NAME.py` or `NAME/`; each imports only those above it.
"""

import ast
import re
from pathlib import Path
from typing import Iterator, Sequence

_ENTRY = re.compile(r"^    ([a-z_0-9]+(?:\.py|/))(?= |$)", re.MULTILINE)


def listed(room: Path) -> list[str]:
    """The entries of the room's list from above to below; empty if it has none."""
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    return _ENTRY.findall(ast.get_docstring(tree, clean=False) or "")


def rooms_of(package: Path) -> list[Path]:
    """The package and all rooms in it."""
    return sorted(path.parent for path in package.rglob("__init__.py"))


def list_problems(room: Path) -> Iterator[str]:
    """A line for each entry that does not exist or stands twice, and for what is not listed."""
    entries = listed(room)
    there = {path.name for path in room.glob("*.py")} - {"__init__.py"}
    there |= {f"{path.parent.name}/" for path in room.glob("*/__init__.py")}
    for entry in sorted(set(entries) ^ there):
        fault = "is not listed" if entry in there else "is listed but does not exist"
        yield f"{room.name}/{entry} {fault}"
    for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
        yield f"{room.name}/{entry} is listed twice"


def import_problems(package: Path, users: Sequence[str]) -> Iterator[str]:
    """A line for each import of a module that is not above the importing one, or of a package that
    is one of the `users` of this one."""
    order = {room: listed(room) for room in rooms_of(package)}
    for path in sorted(package.rglob("*.py")):
        for line, target in _imports(path, package.parent):
            top = target.relative_to(package.parent).parts[0].removesuffix(".py")
            where = f"{path.relative_to(package.parent)}:{line}: imports"
            if top in users:
                yield f"{where} {top}, which uses {package.name}"
            elif top == package.name and not _is_above(target, path, order):
                yield f"{where} {target.relative_to(package.parent)}, which is not above it"


def _imports(path: Path, root: Path) -> Iterator[tuple[int, Path]]:
    """Line and file, or folder, of each import; one outside of the repository leads nowhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            whole, outer = (root.joinpath(*some) for some in (parts, parts[:-1]))
            if whole.with_suffix(".py").exists() or not outer.with_suffix(".py").exists():
                yield node.lineno, whole.with_suffix(".py")
            else:
                yield node.lineno, outer.with_suffix(".py")


def _is_above(target: Path, path: Path, order: dict[Path, list[str]]) -> bool:
    """Whether the target stands before the file, in the innermost room that has both.  A room
    without a list allows everything inside."""
    room = next(folder for folder in path.parents if target.is_relative_to(folder))
    entries = order.get(room, [])
    if not entries:
        return True
    at = [entries.index(name) if name in entries else -1
          for name in (_entry(target, room), _entry(path, room))]
    return min(at) >= 0 and at[0] < at[1]


def _entry(path: Path, room: Path) -> str:
    first, *rest = path.relative_to(room).parts
    return f"{first}/" if rest else first
