"""The OpenAPI document as a page: what each route takes and answers, with a form to try it."""

import json
from functools import cache
from typing import Any, NamedTuple

from service.openapi import document

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/"


class Kind(NamedTuple):
    """The type of a value in words, and the schemas that it names."""

    words: str
    names: tuple[str, ...]


class Field(NamedTuple):
    """One field of a schema."""

    name: str
    kind: Kind
    required: bool
    description: str


class Operation(NamedTuple):
    """One route with one method."""

    method: str
    path: str
    summary: str
    body: str | None
    example: str
    answers: list[tuple[str, str, Kind]]
    query: list[Field]


@cache
def operations() -> list[Operation]:
    """Every operation of the document, in its order."""
    return [
        _operation(method.upper(), path, found)
        for path, methods in _read()["paths"].items()
        for method, found in methods.items()
    ]


@cache
def schemas() -> dict[str, tuple[str, Kind, list[Field]]]:
    """Description, kind and fields of every schema."""
    found = _read()["components"]["schemas"]
    return {
        name: (each.get("description", ""), _kind(each), _fields(each))
        for name, each in found.items()
    }


def _read() -> Schema:
    read: Schema = json.loads(document())
    return read


def _operation(method: str, path: str, found: Schema) -> Operation:
    body = None
    example = ""
    if "requestBody" in found:
        (content,) = found["requestBody"]["content"].values()
        body = content["schema"]["$ref"].removeprefix(_REFERENCE)
        examples = _read()["components"]["schemas"][body].get("examples", [{}])
        example = json.dumps(examples[0], ensure_ascii=False, indent=2)
    answers = [
        (status, answer["description"], _answer_kind(answer))
        for status, answer in found["responses"].items()
    ]
    query = [
        Field(each["name"], _kind(each["schema"]), False, each["schema"].get("description", ""))
        for each in found.get("parameters", [])
        if each["in"] == "query"
    ]
    return Operation(method, path, found.get("summary", ""), body, example, answers, query)


def _answer_kind(answer: Schema) -> Kind:
    ((media_type, content),) = answer.get("content", {"": {}}).items()
    kind = _kind(content.get("schema", {}))
    return kind if kind.names else Kind(media_type, ())


def _fields(schema: Schema) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(name, _kind(found), name in required, found.get("description", ""))
        for name, found in schema.get("properties", {}).items()
    ]


def _kind(schema: Schema) -> Kind:
    """In words, with the limits that a sender has to keep."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return Kind(name, (name,))
    if "anyOf" in schema:
        return _joined([_kind(each) for each in schema["anyOf"]], " | ")
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return Kind(" | ".join(json.dumps(value, ensure_ascii=False) for value in values), ())
    if schema.get("type") == "array":
        items = _kind(schema.get("items", {}))
        return Kind(f"[{items.words}]{_limits(schema)}", items.names)
    return Kind(schema.get("type", "any") + _limits(schema), ())


def _joined(kinds: list[Kind], between: str) -> Kind:
    names = tuple(name for kind in kinds for name in kind.names)
    return Kind(between.join(kind.words for kind in kinds), names)


def _limits(schema: Schema) -> str:
    told = {
        "maxLength": "≤ {} characters",
        "maxItems": "≤ {}",
        "minimum": "≥ {}",
        "maximum": "≤ {}",
    }
    found = [words.format(schema[key]) for key, words in told.items() if key in schema]
    return f" ({', '.join(found)})" if found else ""
