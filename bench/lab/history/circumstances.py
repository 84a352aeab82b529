"""What run.json says of how a measurement was made: where, of which commit, and what else may be
behind a change of its numbers.  What an older run.json does not say is unknown."""

from collections.abc import Iterator
from typing import Any, NamedTuple

# For people -> keys of run.json.
_NAMED = {
    "kernel": ("machine", "kernel"), "libc": ("machine", "libc"), "gcc": ("machine", "gcc"),
    "clang": ("machine", "clang"), "memory, MiB": ("machine", "memory_mib"),
    "governor": ("machine", "governor"),
    "huge pages": ("machine", "transparent_huge_pages"), "flags": ("build", "copts"),
}
_ID = 10  # digits of a commit's id that are shown


class Place(NamedTuple):
    """Where numbers can be compared over time: one machine, one mode of the build."""

    cpu: str
    processors: str
    mode: str

    def __str__(self) -> str:
        mode = "" if self.mode == "opt" else f", built in mode {self.mode}"
        return f"{self.cpu}, {self.processors} processors{mode}"


def place(about: dict) -> Place:
    """Where it was measured; `about` is run.json, here as below."""
    return Place(_word(_at(about, "machine", "cpu")), _word(_at(about, "machine", "cores")),
                 str(_at(about, "build", "mode") or "opt"))


def commit(about: dict) -> str | None:
    """The start of the commit's id, with a + if files differed from it; None if it is unknown."""
    found = _at(about, "commit", "id")
    clean = _at(about, "commit", "clean")
    return f"{found[:_ID]}{'' if clean else '+'}" if isinstance(found, str) else None


def doubts(about: dict) -> list[str]:
    """The reasons to doubt the measurement that were known when it was made."""
    found = _at(about, "doubts")
    return list(map(str, found)) if isinstance(found, list) else []


def differences(before: dict, after: dict) -> list[str]:
    """What else changed in between, each as "kernel: 6.1, then 6.18"."""
    found = [_then(name, _at(before, *keys), _at(after, *keys)) for name, keys in _NAMED.items()
             if _at(before, *keys) != _at(after, *keys)]
    found += [_then(*change) for change in _changed(before, after, "machine", "packages")]
    return found + [f"profile {name}" for name, *_ in _changed(before, after, "profiles")]


def _changed(before: dict, after: dict, *keys: str) -> Iterator[tuple[str, Any, Any]]:
    """The entries of an object that are in both and differ."""
    then, now = _at(before, *keys), _at(after, *keys)
    if isinstance(then, dict) and isinstance(now, dict):
        for name in sorted(then.keys() & now.keys()):
            if then[name] != now[name]:
                yield name, then[name], now[name]


def _then(name: str, then: Any, now: Any) -> str:
    return f"{name}: {_word(then)}, then {_word(now)}"


def _at(about: Any, *keys: str) -> Any:
    """What is there in a tree of objects; None if there is nothing."""
    for key in keys:
        about = about.get(key) if isinstance(about, dict) else None
    return about


def _word(value: Any) -> str:
    if value is None:
        return "unknown"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
