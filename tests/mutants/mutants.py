"""The list of mutants: small faults, each with the tests that must notice it.

A mutant replaces one piece of text in one file of the checkout.  The *.toml files beside this one
hold the list, a file for each room:

    [decay-ignored]                      a name
    file = "src/purge.c"                 from the root of the checkout
    text = 'until = now > X ? 1 : 0'     stands in the file exactly once
    replacement = 'until = now'
    suites = ["//:hakmem_unit_test"]     Bazel's test targets, all of which must fail
    breaks = "Memory goes back to the system at once."
"""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LABEL = re.compile(r"//[^: ]*:[^: ]+")


class ListError(Exception):
    """The list is wrong; the message names the file, the mutant and what is wrong with it."""


class DoesNotApply(Exception):
    """The mutant's text is not in its file exactly once; the message says how often it is."""


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    name: str
    file: str
    text: str
    replacement: str
    suites: tuple[str, ...]
    breaks: str

    def applied(self, root: Path) -> str:
        """The file of the checkout `root` with the fault in it.  Raises DoesNotApply, and
        SyntaxError if the file is Python and would be none any more."""
        try:
            content = (root / self.file).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise DoesNotApply("there is no such file") from None
        times = content.count(self.text)
        if times != 1:
            raise DoesNotApply(f"its text is in the file {times} times")
        content = content.replace(self.text, self.replacement)
        if self.file.endswith(".py"):
            compile(content, self.file, "exec")
        return content


def read(folder: Path) -> list[Mutant]:
    """All mutants of the *.toml files in the folder.  Raises ListError."""
    found: list[Mutant] = []
    for path in sorted(folder.glob("*.toml")):
        with open(path, "rb") as file:
            try:
                entries = tomllib.load(file)
            except tomllib.TOMLDecodeError as error:
                raise ListError(f"{path.name}: {error}") from error
        for name, entry in entries.items():
            try:
                found.append(_mutant(name, entry))
            except ValueError as error:
                raise ListError(f"{path.name}: {name}: {error}") from error
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ListError(f"{name}: there are two of that name")
    return found


def _mutant(name: str, entry: object) -> Mutant:
    keys = [field.name for field in fields(Mutant)][1:]
    if not _NAME.fullmatch(name):
        raise ValueError("a name is of small letters, digits and single hyphens")
    if not isinstance(entry, dict) or sorted(entry) != sorted(keys):
        raise ValueError(f"a mutant has the keys {', '.join(keys)}")
    suites = entry["suites"]
    words = [entry[key] for key in keys if key != "suites"]
    if not isinstance(suites, list) or not all(isinstance(one, str) for one in words + suites):
        raise ValueError("suites is a list of strings, every other value a string")
    if not suites or not all(_LABEL.fullmatch(one) for one in suites):
        raise ValueError("suites are labels, such as //tests/gen:test_check")
    if not entry["text"] or entry["text"] == entry["replacement"]:
        raise ValueError("the replacement changes nothing")
    if not entry["breaks"] or "\n" in entry["breaks"]:
        raise ValueError("breaks is one line")
    return Mutant(name, **{**entry, "suites": tuple(suites)})
