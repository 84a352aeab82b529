"""What is told of a program."""

from dataclasses import dataclass

PROBLEM = "problem"  # hakmem would not be used, or not by everything, or the program would fail
NOTE = "note"  # good to know


@dataclass(frozen=True)
class Finding:
    """One thing; `check` is a fixed word for programs, the others are for people."""

    check: str
    level: str
    what: str
    advice: str = ""


def problem(check: str, what: str, advice: str = "") -> Finding:
    return Finding(check, PROBLEM, what, advice)


def note(check: str, what: str, advice: str = "") -> Finding:
    return Finding(check, NOTE, what, advice)
