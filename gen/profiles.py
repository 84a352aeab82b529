"""Loads a profile: YAML file and its chain of bases -> Profile.

Only profiles/schema.json states the keys, their types and ranges, and only profiles/default.yaml
their defaults.  The schema of one key cannot express some rules: those of the two names of the
class lookup and of rising sizes are here, those on the chosen tables are in classes.py.

Every function that reads a profile raises ProfileError for a profile that is wrong.
"""

import re
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

import yaml

from gen.model import Keys, Profile
from gen.schema import ROOT, choice, in_bytes, problems_of, schema, schema_keys, show

__all__ = [
    "DEFAULT", "ROOT", "Chain", "ProfileError", "checked", "known_profiles", "load_named",
    "load_profile", "merged", "read_chain", "schema", "schema_keys", "settle",
]

DEFAULT = "default"
Chain = dict[Path, dict[str, Any]]  # from a profile's document to the default's, nearest first
# A profile's name; the build derives profiles from another one, called NAME+key=value.
_NAME = re.compile(r"[a-z0-9_-]+(\+[a-z0-9_]+=[A-Za-z0-9_.-]+)*")


class ProfileError(Exception):
    """A profile is wrong.  `problems` are lines of the form `FILE: KEY: VALUE is not ...`."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def known_profiles(*folders: Path) -> list[str]:
    """Names of the profiles in the folders: the default first, the others sorted."""
    names = sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})
    return sorted(names, key=lambda name: name != DEFAULT)


def name_taken(name: str, others: Iterable[str]) -> str | None:
    """Why a file NAME.yaml beside the others gets no allocator; None if it gets one.  The build has
    the same rule, in bazel/allocator/names.bzl."""
    for other in others:
        if name.startswith(f"{other}_"):
            return (
                f"its targets would be called as those of {other} are: take - for the _ behind it"
            )
    return None


def load_profile(path: Path, *folders: Path) -> Profile:
    """The profile at `path`.  Its bases are searched for in the folders, in their order."""
    return merged(read_chain(path, *folders))


def load_named(named: str, profiles_dir: Path, start: Path = Path()) -> Profile:
    """The profile that a person means by a NAME, in `profiles_dir`, or by the path of a YAML file
    from `start`.  The bases of such a file are searched for beside it, then in `profiles_dir`."""
    if "/" in named or Path(named).suffix in (".yaml", ".yml"):
        path = start / named
        return load_profile(path, path.parent, profiles_dir)
    return load_profile(profiles_dir / f"{named}.yaml", profiles_dir)


def merged(chain: Chain) -> Profile:
    """The profile of the chain's first document.  The next document that states a key decides
    it."""
    path = next(iter(chain))
    keys: Keys = {name: {} for name in schema_keys()}
    for document in reversed(list(chain.values())):
        for section, values in document.items():
            if section in keys:
                keys[section].update(values)
    keys["front"]["class_lookup"] = _class_lookup(chain)
    settle(keys)
    return Profile(
        name=path.stem,
        summary=chain[path]["summary"],
        source=f"{path.absolute().parent.name}/{path.name}",
        path=path,
        keys=keys,
    )


def settle(keys: Keys) -> None:
    """Sets the keys that others decide: front.header_classidx, and classes.max beside
    classes.sizes."""
    keys["front"]["header_classidx"] = keys["front"]["class_lookup"] == "header"
    if keys["classes"]["sizes"] is not None:
        keys["classes"]["max"] = keys["classes"]["sizes"][-1]


# ---- the chain of bases --------------------------------------------------------------------------


def read_chain(path: Path, *folders: Path) -> Chain:
    """The valid documents from the profile at `path` to the default, nearest first."""
    chain: Chain = {}
    names: list[str] = []
    while True:
        document = _read_document(path, folders)
        chain[path] = document
        names.append(path.stem)
        if path.stem == DEFAULT:
            return chain
        base = document.get("base", DEFAULT)
        if base in names:
            cycle = " -> ".join(names[names.index(base) :] + [base])
            raise ProfileError(f"{path}: base: {show(base)} makes a cycle: {cycle}")
        known = [name for name in known_profiles(*folders) if name not in names]
        if base not in known:
            raise ProfileError(
                f"{path}: base: {show(base)} is not a profile; {choice(base, known)}"
            )
        of_base = [folder / f"{base}.yaml" for folder in folders]
        path = next(one for one in of_base if one.exists())


def _read_document(path: Path, folders: Sequence[Path]) -> dict[str, Any]:
    """The document of one profile's file, checked without its bases."""
    if not _NAME.fullmatch(path.stem) or path.suffix != ".yaml":
        raise ProfileError(
            f"{path}: a profile's file is called NAME.yaml, its name made of a-z, 0-9, - and _"
        )
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ProfileError(
            f"{path}: no such profile; " + choice(path.stem, known_profiles(*folders))
        ) from None
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: byte {error.start} is not UTF-8") from None
    return checked(path, _parse(path, text))


def checked(path: Path, written: Any) -> dict[str, Any]:
    """The document `written` in the file at `path`, with numbers of bytes as integers.  Raises
    ProfileError if it is not valid by itself."""
    document = in_bytes(written, schema())
    problems = list(problems_of(document, written)) or list(
        _document_problems(path, document, written)
    )
    if problems:
        raise ProfileError(*(f"{path}: {problem}" for problem in problems))
    return document


def _parse(path: Path, text: str) -> Any:
    """The plain values of a YAML text.  A key that stands twice in one mapping is an error.

    Aliases are refused: a profile has no use for them, and they can make endless data.
    """
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1
                raise ProfileError(f"{path}: line {line}: *{event.anchor} is an alias: not allowed")
        document = yaml.compose(text, Loader=yaml.SafeLoader)
        problems = [*_repeated_keys(document, ()), *_odd_numbers(document)]
        if problems:
            raise ProfileError(*(f"{path}: {problem}" for problem in problems))
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ProfileError(f"{path}: line {mark.line + 1}: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:  # such as a date that does not exist
        raise ProfileError(f"{path}: {str(error).splitlines()[0]}") from None


def _odd_numbers(node: yaml.Node | None) -> Iterator[str]:
    """Yields a line for each integer that only looks decimal: for YAML 010 is 8 and 8:20 is 500."""
    if isinstance(node, yaml.CollectionNode):
        for item in node.value:
            for part in item if isinstance(item, tuple) else (item,):
                yield from _odd_numbers(part)
    elif isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:int":
        if re.match(r"[-+]?0[0-9_]|.*:", node.value):
            line = node.start_mark.line + 1
            yield f"line {line}: {node.value} is not a plain number, such as 10"


def _repeated_keys(node: yaml.Node | None, path: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        here = path + (key.value,)
        line = key.start_mark.line + 1
        if key.value in lines:
            yield f"{'.'.join(here)}: stated twice, in lines {lines[key.value]} and {line}"
        lines.setdefault(key.value, line)
        yield from _repeated_keys(value, here)


# ---- what it cannot say --------------------------------------------------------------------------


def _document_problems(path: Path, document: dict[str, Any], written: Any) -> Iterator[str]:
    sizes = document.get("classes", {}).get("sizes") or []
    for index, (before, size) in enumerate(zip(sizes, sizes[1:]), start=1):
        if size <= before:
            said = written["classes"]["sizes"]
            yield (
                f"classes.sizes[{index}]: {show(said[index])} does not rise above "
                f"{show(said[index - 1])} before it"
            )
    front = document.get("front", {})
    alias, lookup = front.get("header_classidx"), front.get("class_lookup")
    if alias is not None and lookup is not None and lookup != _lookup_of_alias(alias):
        yield (
            f"front.header_classidx: {show(alias)} means class_lookup {_lookup_of_alias(alias)}, "
            f"but front.class_lookup is {lookup}; state one of the two"
        )
    if path.stem == DEFAULT:
        if "base" in document:
            yield f"base: {show(document['base'])}: the default has no base"
        for section, keys in schema_keys().items():
            for key in keys:
                if key not in document.get(section, {}):
                    yield f"{section}.{key}: missing; the default states every key"


def _lookup_of_alias(header_classidx: bool) -> str:
    return "header" if header_classidx else "map"


def _class_lookup(chain: Chain) -> str:
    """The lookup that the nearest file states, by either name.

    A null in header_classidx cancels that name in the files behind it.
    """
    revoked = False
    for document in chain.values():
        front = document.get("front", {})
        alias = front.get("header_classidx")
        if alias is not None and not revoked:
            return _lookup_of_alias(alias)
        if "class_lookup" in front:
            return front["class_lookup"]
        revoked = revoked or "header_classidx" in front
    raise AssertionError("the default states every key")
