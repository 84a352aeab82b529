"""Loads a profile: YAML file and its chain of bases -> Profile.

What keys there are, their types and ranges is said by profiles/schema.json alone; their defaults
by profiles/default.yaml alone.  Rules that one key's schema cannot express are in this module
(the two names of the class lookup, rising sizes) and in classes.py (what follows from the choice).

Every function that reads a profile raises ProfileError for whatever is wrong with it.
"""

import difflib
import json
import re
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

import jsonschema
import yaml

from gen.model import Keys, Profile

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "profiles" / "schema.json"
DEFAULT = "default"
Chain = dict[Path, dict[str, Any]]  # from a profile's document to the default's, nearest first
# A profile's name; the build derives profiles from another one, called NAME+key=value.
_NAME = re.compile(r"[a-z0-9_-]+(\+[a-z0-9_]+=[A-Za-z0-9_.-]+)*")

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "object": "a mapping of keys to values",
    "string": "a string",
}


class ProfileError(Exception):
    """A profile is wrong.  `problems` are lines of the form `FILE: KEY: VALUE is not ...`."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@lru_cache(maxsize=None)
def schema() -> dict[str, Any]:
    """The JSON Schema of a profile file."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def schema_keys() -> Keys:
    """Section -> key -> schema of the value, for all keys in sections."""
    return {
        name: node["properties"]
        for name, node in schema()["properties"].items()
        if "properties" in node
    }


def known_profiles(*folders: Path) -> list[str]:
    """Names of the profiles in the folders: the default first, the others sorted."""
    names = sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})
    return sorted(names, key=lambda name: name != DEFAULT)


def load_profile(path: Path, *folders: Path) -> Profile:
    """Reads the profile at `path`; a base is looked up in the folders, in their order."""
    return merged(read_chain(path, *folders))


def load_named(named: str, profiles_dir: Path, start: Path = Path()) -> Profile:
    """The profile that a person names: NAME, in `profiles_dir`; or a YAML file by its path from
    `start`, whose bases are looked up beside it, then in `profiles_dir`."""
    if "/" in named or Path(named).suffix in (".yaml", ".yml"):
        path = start / named
        return load_profile(path, path.parent, profiles_dir)
    return load_profile(profiles_dir / f"{named}.yaml", profiles_dir)


def merged(chain: Chain) -> Profile:
    """The first document of the chain, with what it does not state from those behind it."""
    path = next(iter(chain))
    keys: Keys = {name: {} for name in schema_keys()}
    for document in reversed(list(chain.values())):
        for section, values in document.items():
            if section in keys:
                keys[section].update(values)
    lookup = _class_lookup(chain)
    keys["front"].update(class_lookup=lookup, header_classidx=lookup == "header")
    if keys["classes"]["sizes"] is not None:
        keys["classes"]["max"] = keys["classes"]["sizes"][-1]
    return Profile(
        name=path.stem,
        summary=chain[path]["summary"],
        source=f"{path.absolute().parent.name}/{path.name}",
        path=path,
        keys=keys,
    )


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
            raise ProfileError(f"{path}: base: {_show(base)} makes a cycle: {cycle}")
        known = [name for name in known_profiles(*folders) if name not in names]
        if base not in known:
            raise ProfileError(
                f"{path}: base: {_show(base)} is not a profile; {_choice(base, known)}"
            )
        of_base = [folder / f"{base}.yaml" for folder in folders]
        path = next(one for one in of_base if one.exists())


def _read_document(path: Path, folders: Sequence[Path]) -> dict[str, Any]:
    """One profile file, valid by itself."""
    if not _NAME.fullmatch(path.stem) or path.suffix != ".yaml":
        raise ProfileError(
            f"{path}: a profile's file is called NAME.yaml, its name made of a-z, 0-9, - and _"
        )
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ProfileError(
            f"{path}: no such profile; " + _choice(path.stem, known_profiles(*folders))
        ) from None
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: byte {error.start} is not UTF-8") from None
    return checked(path, _parse(path, text))


def checked(path: Path, written: Any) -> dict[str, Any]:
    """The document of the file at `path`, as it is written there, with numbers of bytes as integers;
    an error if it is not valid by itself."""
    document = _in_bytes(written, schema())
    problems = list(_schema_problems(document, written)) or list(
        _document_problems(path, document, written)
    )
    if problems:
        raise ProfileError(*(f"{path}: {problem}" for problem in problems))
    return document


def _parse(path: Path, text: str) -> Any:
    """YAML -> plain values; a key stated twice in one mapping is an error, not an override.

    There is nothing in a profile to say twice, so aliases are refused, and with them endless data.
    """
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1
                raise ProfileError(f"{path}: line {line}: *{event.anchor} is an alias: not allowed")
        repeated = list(_repeated_keys(yaml.compose(text, Loader=yaml.SafeLoader), ()))
        if repeated:
            raise ProfileError(*(f"{path}: {problem}" for problem in repeated))
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ProfileError(f"{path}: line {mark.line + 1}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ProfileError(f"{path}: {str(error).splitlines()[0]}") from None


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


# ---- numbers of bytes ----------------------------------------------------------------------------

_BYTES = {"$ref": "#/definitions/bytes"}
_SHIFTS = {"K": 10, "M": 20, "G": 30, "T": 40}


def is_bytes(node: dict[str, Any]) -> bool:
    """Whether the values of a key with this schema are bytes, which may be written as 64K."""
    return _BYTES in node.get("allOf", ())


def _in_bytes(value: Any, node: dict[str, Any]) -> Any:
    """The value with each number of bytes as an integer; what is none stays for the schema to
    refuse."""
    if isinstance(value, dict):
        nodes = node.get("properties", {})
        return {key: _in_bytes(item, nodes.get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_bytes(item, node.get("items", {})) for item in value]
    if isinstance(value, str) and is_bytes(node):
        match = re.search(schema()["definitions"]["bytes"]["pattern"], value)
        return int(match[1]) << _SHIFTS[match[2]] if match else value
    return value


# ---- what the schema says ------------------------------------------------------------------------


def _is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)  # 8.0 is none: it reaches C


_Validator = jsonschema.validators.extend(
    jsonschema.Draft7Validator,
    type_checker=jsonschema.Draft7Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def _schema_problems(document: Any, written: Any) -> Iterator[str]:
    """`KEY: what is wrong`, at most one for each value, in the order of the keys' names."""
    seen: set[str] = set()
    errors = _Validator(schema()).iter_errors(document)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        where = _dotted(error.absolute_path)
        if error.validator == "additionalProperties":
            valid = list(error.schema["properties"])
            for key in error.instance:
                if key not in valid:
                    yield f"{_join(where, key)}: unknown key; {_choice(key, valid)}"
        elif error.validator == "required":
            for key in error.validator_value:
                if key not in error.instance:
                    about = error.schema["properties"][key]["description"]
                    yield f"{_join(where, key)}: missing; every profile states it: {about}"
        elif where not in seen:
            seen.add(where)
            yield (f"{where}: " if where else "") + _value_problem(
                error, _at(written, error.absolute_path)
            )


def _at(document: Any, path: Iterable[Any]) -> Any:
    return reduce(lambda value, part: value[part], path, document)


def _value_problem(error: jsonschema.ValidationError, value: Any) -> str:
    """`value` is what the file says, error.instance what it means."""
    node = error.schema
    if "errorMessage" in node:
        return f"{_show(value)} {node['errorMessage']}"
    if error.validator == "type":
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        return f"{_show(value)} is not " + " or ".join(_TYPES[name] for name in types)
    if error.validator == "enum":
        return f"{_show(value)} is not one of " + ", ".join(str(item) for item in node["enum"])
    if error.validator in ("minimum", "maximum"):
        return f"{_show(value)} is not in {node['minimum']}..{node['maximum']}"
    if error.validator == "multipleOf":
        return f"{_show(value)} is not a multiple of {node['multipleOf']}"
    if error.validator in ("minItems", "maxItems"):
        return f"{len(value)} items are not in {node['minItems']}..{node['maxItems']}"
    if error.validator in ("minLength", "maxLength"):
        return f"{len(value)} characters are not in {node['minLength']}..{node['maxLength']}"
    if error.validator == "pattern":
        return f"{_show(value)} {node['patternErrorMessage']}"
    return error.message


# ---- what it cannot say --------------------------------------------------------------------------


def _document_problems(path: Path, document: dict[str, Any], written: Any) -> Iterator[str]:
    sizes = document.get("classes", {}).get("sizes") or []
    for index, (before, size) in enumerate(zip(sizes, sizes[1:]), start=1):
        if size <= before:
            said = written["classes"]["sizes"]
            yield (
                f"classes.sizes[{index}]: {_show(said[index])} does not rise above "
                f"{_show(said[index - 1])} before it"
            )
    front = document.get("front", {})
    alias, lookup = front.get("header_classidx"), front.get("class_lookup")
    if alias is not None and lookup is not None and lookup != _lookup_of_alias(alias):
        yield (
            f"front.header_classidx: {_show(alias)} means class_lookup {_lookup_of_alias(alias)}, "
            f"but front.class_lookup is {lookup}; state one of the two"
        )
    if path.stem == DEFAULT:
        if "base" in document:
            yield f"base: {_show(document['base'])}: the default has no base"
        for section, keys in schema_keys().items():
            for key in keys:
                if key not in document.get(section, {}):
                    yield f"{section}.{key}: missing; the default states every key"


def _lookup_of_alias(header_classidx: bool) -> str:
    return "header" if header_classidx else "map"


def _class_lookup(chain: Chain) -> str:
    """The nearest file that states the lookup by either name decides.

    A null in header_classidx revokes what the files behind it say by that name.
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


# ---- words ---------------------------------------------------------------------------------------


def _show(value: Any) -> str:
    """A value as the file's author would write it."""
    if isinstance(value, (dict, list)) and len(str(value)) > 60:
        return "a mapping" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False, default=str)


def _choice(wrong: Any, valid: list[str]) -> str:
    near = difflib.get_close_matches(str(wrong), valid, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}valid: {', '.join(valid)}"


def _join(where: str, key: Any) -> str:
    return f"{where}.{key}" if where else str(key)


def _dotted(path: Any) -> str:
    text = ""
    for part in path:
        text = f"{text}[{part}]" if isinstance(part, int) else _join(text, part)
    return text
