"""A fitted profile as YAML: the keys that differ from its base, each with its reason."""

import textwrap
from typing import Any, Iterator, Sequence

from gen.fit.choose import Choice
from gen.model import Keys

WIDTH = 100
INDENT = "  "
SUMMARY_MOST = 90  # characters, as in schema.json


def profile_text(summary: str, head: Sequence[str], choices: Sequence[Choice], base: Keys) -> str:
    """The text of the file.  `head` are the paragraphs of its first comment.  Choices that are
    equal to the base are left out."""
    lines = ["# yaml-language-server: $schema=schema.json", "#"]
    for line in head:
        lines += _comment(line, "")
    lines += ["", f"summary: {_scalar(summary)}"]
    for section, keys in base.items():
        stated = [
            one
            for key in keys
            for one in choices
            if (one.section, one.key) == (section, key) and _plain(one.value) != base[section][key]
        ]
        if stated:
            lines += ["", f"{section}:"]
        for one in stated:
            lines += _key(one)
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _key(one: Choice) -> Iterator[str]:
    """Yields `key: value # reason`, or the reason above it if a line is too short for both."""
    value = _plain(one.value)
    if isinstance(value, list):
        yield from _comment(one.reason, INDENT)
        yield f"{INDENT}{one.key}:"
        yield f"{INDENT * 2}["
        numbers = ", ".join(map(str, value)) + ","
        yield from textwrap.wrap(
            numbers, WIDTH, initial_indent=INDENT * 3, subsequent_indent=INDENT * 3
        )
        yield f"{INDENT * 2}]"
        return
    line = f"{INDENT}{one.key}: {_scalar(value)}"
    if len(line) + 3 + len(one.reason) <= WIDTH:
        yield f"{line} # {one.reason}"
    else:
        yield from _comment(one.reason, INDENT)
        yield line


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ",
        break_long_words=False, break_on_hyphens=False,
    )


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def summary_of(programs: Sequence[str]) -> str:
    """The profile's summary: the programs' names without folders and arguments, cut to
    SUMMARY_MOST."""
    names = list(dict.fromkeys(_program_name(one) for one in programs))
    text = "Fitted to what was recorded of " + ", ".join(names)
    return text if len(text) <= SUMMARY_MOST else text[: SUMMARY_MOST - 3] + "..."


def _program_name(command: str) -> str:
    words = command.split()
    name = words[0].rsplit("/", 1)[-1] if words else ""
    return "".join(letter for letter in name if letter.isalnum() or letter in "._+-") or "a program"
