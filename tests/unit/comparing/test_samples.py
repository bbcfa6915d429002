"""Values from schemas without chance."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from pytest_todo_k8s.comparing.document import operations
from pytest_todo_k8s.comparing.samples import broken, fitting
from tests.unit.comparing import documents

SCHEMAS = [
    *(each.body for each in operations(documents.backend()) if each.body is not None),
    *(parameter.schema for each in operations(documents.backend()) for parameter in each.parameters),
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema.get("title")))
def test_what_fits_the_backend_s_schemas_does_fit(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(fitting(schema))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "minimum": 5}, 5),
        ({"const": "x"}, "x"),
        ({"enum": ["a", "b"]}, "a"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [True, True]),
        ({"type": "string", "format": "date"}, "2030-05-01"),
        ({"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}}, {"n": 1}),
    ],
)
def test_fitting(schema: dict[str, Any], expected: object) -> None:
    assert fitting(schema) == expected


def test_a_form_that_no_text_has() -> None:
    with pytest.raises(ValueError, match="no text known here has the form"):
        fitting({"type": "string", "pattern": "^never$"})


def test_an_object_is_broken_in_one_place_at_a_time() -> None:
    [body] = [each.body for each in operations(documents.small()) if each.method == "POST"]
    assert body is not None
    found = dict(broken(body))
    assert found["without title"] == {}
    assert found["title: 21 characters"] == {"title": "x" * 21}
    assert found["title: 1 characters"] == {"title": "x"}
    assert found["title: a number"] == {"title": 7}
    assert found["an unknown property"] == {"title": "Buy milk", "unknown": 1}
    assert found["null"] is None
    assert "due: null" not in found, "null is right there"


def test_edges_of_numbers() -> None:
    found = dict(broken({"type": "integer", "minimum": 1, "maximum": 200}))
    assert (found["minimum 1 passed"], found["maximum 200 passed"]) == (0, 201)
    assert "a number" not in found
