"""What is read of an API document."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.comparing.document import operations
from tests.unit.comparing import documents


def test_operations_with_all_that_requests_are_made_of() -> None:
    listing, create, change = operations(documents.small())
    assert [each.name for each in (listing, create, change)] == ["GET /tasks", "POST /tasks", "PATCH /tasks/{task_id}"]
    assert [(each.secured, each.limited) for each in (listing, create, change)] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert [(each.name, each.place) for each in listing.parameters] == [("limit", "query")]
    assert [each.name for each in change.at("path")] == ["task_id"]
    assert listing.body is None
    assert create.body is not None
    assert create.body["required"] == ["title"]


def test_the_backend_s_own_document_is_understood() -> None:
    names = [each.name for each in operations(documents.backend())]
    assert len(names) == len(set(names)) > 25
    assert {"GET /health", "POST /api/auth/login", "PATCH /api/{user_id}/tasks/{task_id}/toggle"} <= set(names)


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        (None, "it is no OpenAPI 3 document"),
        ({"swagger": "2.0"}, "it is no OpenAPI 3 document"),
        ({"openapi": "3.1.0", "paths": {}}, "it has no operation"),
        ({**documents.small(), "components": {}}, "it refers to #/components/schemas/Task, which it does not have"),
    ],
)
def test_what_is_no_document(document: object, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        operations(document)


def test_a_reference_to_itself_ends() -> None:
    document = documents.small()
    document["components"]["schemas"]["Task"]["properties"]["part"] = documents.REFERENCE
    assert len(operations(document)) == 3
