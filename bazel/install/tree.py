"""What lies under a prefix: laid down, written into a manifest, and taken away again by it.

The manifest says, a line each, with paths relative to the prefix:

    file SHA256 PATH
    link TARGET PATH
    folder - PATH        made for hakmem; "." is the prefix itself
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Iterable

MANIFEST = "share/hakmem/manifest"


class TreeError(Exception):
    """The prefix does not hold what it should; the message says what."""


@dataclass(frozen=True)
class File:
    """One installed file: its path under the prefix, and what is in it or where it points."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of the manifest."""

    kind: str
    detail: str
    path: str

    def __str__(self) -> str:
        return f"{self.kind} {self.detail} {self.path}"

    def is_in(self, root: Path) -> bool:
        """Whether a file or link is there, as it was laid down."""
        path = root / self.path
        if self.kind == "link":
            return path.is_symlink() and os.readlink(path) == self.detail
        return (
            path.is_file()
            and not path.is_symlink()
            and hashlib.sha256(path.read_bytes()).hexdigest() == self.detail
        )


def lay_down(files: Iterable[File], root: Path) -> None:
    """Puts the files in their places, over what is there.  What an earlier manifest has beyond them
    goes, unless it was changed since.  Raises OSError."""
    files = list(files)
    before = _read(root) if (root / MANIFEST).exists() else []
    entries = [_entry(file) for file in files]
    folders = [entry for entry in before if entry.kind == "folder"]
    folders += _missing(root, [entry.path for entry in entries] + [MANIFEST])
    gone = [entry for entry in before if entry.kind != "folder" and entry not in entries]
    # Of both while files are replaced, so that an interrupted installation can be taken away.
    _place(_manifest(entries + gone + folders), root)
    for file in files:
        _place(file, root)
    kept = {entry.path for entry in entries}
    for entry in gone:
        if entry.path not in kept and entry.is_in(root):
            (root / entry.path).unlink()
    _place(_manifest(entries + folders), root)


def take_away(root: Path) -> list[str]:
    """Removes what the manifest lists, and the folders that were made for it and are empty now.

    Returns the paths of files that are not as they were laid down; these stay, and the manifest
    with them.  Raises TreeError if there is no manifest or it is damaged, and OSError."""
    if not (root / MANIFEST).exists():
        raise TreeError(f"{root / MANIFEST}: no such file: hakmem is not installed there")
    entries = _read(root)
    for entry in entries:
        if entry.kind != "folder" and entry.is_in(root):
            (root / entry.path).unlink()
    changed = [
        entry
        for entry in entries
        if entry.kind != "folder" and os.path.lexists(root / entry.path)
    ]
    folders = [entry for entry in entries if entry.kind == "folder"]
    if changed:
        _place(_manifest(changed + folders), root)
    else:
        (root / MANIFEST).unlink()
    for entry in sorted(folders, key=lambda entry: -len(PurePosixPath(entry.path).parts)):
        path = root / entry.path
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return sorted({entry.path for entry in changed})


def _entry(file: File) -> Entry:
    if file.link:
        return Entry("link", file.link, file.path)
    return Entry("file", hashlib.sha256(file.content).hexdigest(), file.path)


def _missing(root: Path, paths: Iterable[str]) -> list[Entry]:
    """The folders that have to be made for the paths."""
    folders = {parent for path in paths for parent in PurePosixPath(path).parents}
    return [
        Entry("folder", "-", str(folder))
        for folder in sorted(folders)
        if not (root / folder).exists()
    ]


def _manifest(entries: Iterable[Entry]) -> File:
    return File(MANIFEST, "".join(f"{entry}\n" for entry in entries).encode())


def _read(root: Path) -> list[Entry]:
    """The manifest.  Raises TreeError for one that would reach out of the prefix or is none."""
    entries = []
    text = (root / MANIFEST).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split(" ", 2)
        path = PurePosixPath(words[-1])
        if (
            len(words) != 3
            or words[0] not in ("file", "link", "folder")
            or path.is_absolute()
            or ".." in path.parts
        ):
            raise TreeError(f"{root / MANIFEST}: line {number} is none of a manifest: {line[:60]}")
        entries.append(Entry(*words))
    return entries


def _place(file: File, root: Path) -> None:
    """Puts the file in its place at once: a program that runs keeps the one it has open."""
    path = root / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".hakmem-") as folder:
        new = Path(folder) / path.name
        if file.link:
            new.symlink_to(file.link)
        else:
            new.write_bytes(file.content)
            new.chmod(file.mode)
        new.replace(path)
