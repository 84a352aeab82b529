"""The part of a page of docs/ that a command writes: it stands between two marks."""

from pathlib import Path

from bench.lab.base.errors import UsageError

TO = "<!-- end of the table -->"


class Document:
    """A page with such a part."""

    def __init__(self, path: Path, command: str):
        """The part is that of bench:<command>.  Raises UsageError for a page without a place for
        it."""
        self.path = path
        self._from = f"<!-- table: written by bazel run //bench:{command} -->"
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--document: {path}: {error.strerror}; name a file with the lines "
                             f"{self._from} and {TO}") from error
        if not 0 <= text.find(self._from) < text.rfind(TO):
            raise UsageError(f"--document: {path}: has no place for the table, the lines "
                             f"{self._from} and {TO}")

    def put(self, text: str) -> None:
        """Writes the part anew."""
        old = self.path.read_text(encoding="utf-8")
        start = old.index(self._from) + len(self._from)
        end = old.index(TO, start)
        self.path.write_text(f"{old[:start]}\n\n{text}\n{old[end:]}", encoding="utf-8")
