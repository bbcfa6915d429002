"""Values made from JSON schemas without chance: one that fits, and those that just don't."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.comparing.request import UNKNOWN_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ADDRESS: Final = "somebody@example.org"
_TEXTS: Final = ("Buy milk", ADDRESS, "2030-05-01T10:00:00Z", UNKNOWN_ID, "7", "a text of some length")
"""Tried in this order where a text must have a form."""
_FORMATS: Final = {"uuid": UNKNOWN_ID, "date-time": "2030-05-01T10:00:00Z", "date": "2030-05-01"}
_OTHERS: Final[Mapping[str, object]] = {
    "null": None,
    "a boolean": True,
    "a number": 7,
    "a fraction": 0.5,
    "a text": "x",
    "an array": ["x"],
    "an object": {"x": 1},
}
_BEYOND: Final = 10**20
"""A whole number that no machine word holds."""


def kinds(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the alternatives of a schema, itself where it has none."""
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if not alternatives:
        return (schema,)
    shared = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"}}
    return tuple(kind for each in alternatives for kind in kinds({**shared, **each}))


def fitting(schema: Mapping[str, Any]) -> Any:
    """Return a value that fits a schema, as far as it is of a form known here.

    Raises:
        ValueError: No value known here fits.
    """
    first = kinds(schema)[0]
    if "const" in first or "enum" in first:
        return first["const"] if "const" in first else first["enum"][0]
    make: Callable[[Mapping[str, Any]], Any] = _FITTING.get(str(first.get("type")), _text)
    return make(first)


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    return {name: fitting(properties.get(name, {})) for name in schema.get("required") or ()}


def _text(schema: Mapping[str, Any]) -> str:
    shortest, longest = int(schema.get("minLength", 0)), int(schema.get("maxLength", 10**6))
    wanted = _FORMATS.get(str(schema.get("format")))
    for text in (wanted,) if wanted else _TEXTS:
        if shortest <= len(text) <= longest and _has_form(text, schema):
            return text
    raise ValueError(f"no text known here has the form {schema.get('pattern')!r}")


_FITTING: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "object": _object,
    "array": lambda schema: [fitting(schema.get("items") or {})] * int(schema.get("minItems", 0)),
    "integer": lambda schema: schema.get("minimum", 1),
    "number": lambda schema: schema.get("minimum", 1),
    "boolean": lambda _schema: True,
    "null": lambda _schema: None,
}


def _has_form(text: str, schema: Mapping[str, Any]) -> bool:
    return re.search(str(schema.get("pattern", "")), text) is not None


def broken(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values that a schema refuses, or that lie at the edge of what it takes, each with what it is.

    Of an object: one property broken at a time, the others fitting; and the object with more or less than it should.
    """
    alternatives = kinds(schema)
    allowed = {str(each.get("type")) for each in alternatives}
    yield from ((what, value) for what, value in _OTHERS.items() if not _is_of(value, allowed))
    for each in alternatives:
        yield from _edges(each)
        if each.get("type") == "object":
            yield from _objects(each)


def _objects(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    whole, properties = fitting(schema), schema.get("properties") or {}
    yield "an empty object", {}
    yield "an unknown property", {**whole, "unknown": 1}
    for name in schema.get("required") or ():
        yield f"without {name}", {key: value for key, value in whole.items() if key != name}
    for name, inner in properties.items():
        yield from ((f"{name}: {what}", {**whole, name: value}) for what, value in broken(inner))


def _edges(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values around the limits of a number, a text or an enumeration."""
    for key, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if key in schema:
            yield f"{key} {schema[key]} passed", schema[key] + step
    if schema.get("type") == "integer":
        yield "a whole number beyond all", _BEYOND
    if schema.get("type") == "string":
        yield "an empty text", ""
        if "enum" in schema or "const" in schema:
            yield "another word", "none-of-these"
        if "maxLength" in schema:
            yield f"{schema['maxLength'] + 1} characters", "x" * (schema["maxLength"] + 1)
        if schema.get("minLength", 0) > 1:
            yield f"{schema['minLength'] - 1} characters", "x" * (schema["minLength"] - 1)
        yield "NUL", "a\0b"


def _is_of(value: object, types: set[str]) -> bool:
    """Tell whether a value has one of the JSON types (a whole number is also a number)."""
    names = {
        type(None): {"null"},
        bool: {"boolean"},
        int: {"integer", "number"},
        float: {"number"},
        str: {"string"},
        list: {"array"},
        dict: {"object"},
    }[type(value)]
    return bool(names & types)
