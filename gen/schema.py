"""Reads profiles/schema.json: which keys there are, and what is wrong with a document.

The schema has each key's type, unit and range; profiles.py has the rules that it cannot express.
"""

import difflib
import json
import re
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Iterable, Iterator

import jsonschema

from gen.model import Keys

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "profiles" / "schema.json"

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "object": "a mapping of keys to values",
    "string": "a string",
}


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


# ---- numbers of bytes ----------------------------------------------------------------------------

_BYTES = {"$ref": "#/definitions/bytes"}
_SHIFTS = {"K": 10, "M": 20, "G": 30, "T": 40}


def is_bytes(node: dict[str, Any]) -> bool:
    """Whether the values of a key with this schema are bytes, which may be written as 64K."""
    return _BYTES in node.get("allOf", ())


def in_bytes(value: Any, node: dict[str, Any]) -> Any:
    """The value, in which numbers of bytes such as 64K have become integers.  Words that are no
    number of bytes stay, and the schema refuses them."""
    if isinstance(value, dict):
        nodes = node.get("properties", {})
        return {key: in_bytes(item, nodes.get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        return [in_bytes(item, node.get("items", {})) for item in value]
    if isinstance(value, str) and is_bytes(node):
        match = re.search(schema()["definitions"]["bytes"]["pattern"], value)
        return int(match[1]) << _SHIFTS[match[2]] if match else value
    return value


# ---- what the schema says ------------------------------------------------------------------------


def _is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)  # 8.0 is not one


_Validator = jsonschema.validators.extend(
    jsonschema.Draft7Validator,
    type_checker=jsonschema.Draft7Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def problems_of(document: Any, written: Any) -> Iterator[str]:
    """Yields lines `KEY: what is wrong`, at most one for each value, in the order of the keys.
    `written` is the document before in_bytes."""
    seen: set[str] = set()
    errors = _Validator(schema()).iter_errors(document)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        where = _dotted(error.absolute_path)
        if error.validator == "additionalProperties":
            valid = list(error.schema["properties"])
            for key in error.instance:
                if key not in valid:
                    yield f"{_join(where, key)}: unknown key; {choice(key, valid)}"
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
    """The words after `KEY:  `.  `value` is as the file has it; error.instance has bytes as
    integers."""
    node = error.schema
    if "errorMessage" in node:
        return f"{show(value)} {node['errorMessage']}"
    if error.validator == "type":
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        return f"{show(value)} is not " + " or ".join(_TYPES[name] for name in types)
    if error.validator == "enum":
        return f"{show(value)} is not one of " + ", ".join(str(item) for item in node["enum"])
    if error.validator in ("minimum", "maximum"):
        return f"{show(value)} is not in {node['minimum']}..{node['maximum']}"
    if error.validator == "multipleOf":
        return f"{show(value)} is not a multiple of {node['multipleOf']}"
    if error.validator in ("minItems", "maxItems"):
        return f"{len(value)} items are not in {node['minItems']}..{node['maxItems']}"
    if error.validator in ("minLength", "maxLength"):
        return f"{len(value)} characters are not in {node['minLength']}..{node['maxLength']}"
    if error.validator == "pattern":
        return f"{show(value)} {node['patternErrorMessage']}"
    return error.message


# ---- words ---------------------------------------------------------------------------------------


def show(value: Any) -> str:
    """A value as a person writes it in the file."""
    if isinstance(value, (dict, list)) and len(str(value)) > 60:
        return "a mapping" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False, default=str)


def choice(wrong: Any, valid: list[str]) -> str:
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
