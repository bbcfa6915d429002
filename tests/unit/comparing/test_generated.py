"""Requests by chance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.comparing.corpus import USERS, corpus
from pytest_todo_k8s.comparing.document import operations
from pytest_todo_k8s.comparing.generated import CASES, FEW_CASES, generated
from pytest_todo_k8s.errors import PhaseError
from tests.unit.comparing import documents

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.comparing.request import Request


def made(folder: Path, seed: int = 1, document: dict[str, Any] | None = None) -> list[Request]:
    return list(generated(operations(document or documents.small()), seed, "run-1", folder))


def test_the_same_seed_gives_the_same_requests(tmp_path: Path) -> None:
    first = made(tmp_path, 4711)
    assert made(tmp_path, 4711) == first
    assert made(tmp_path, 4712) != first


def test_enough_of_each_and_fewer_where_there_is_a_limit(tmp_path: Path) -> None:
    requests = made(tmp_path)
    count = {name: sum(each.name.startswith(name) for each in requests) for name in ("GET /tasks", "POST /tasks,")}
    assert CASES // 2 <= count["GET /tasks"] <= CASES
    assert FEW_CASES // 2 <= count["POST /tasks,"] <= FEW_CASES
    assert len({each.name for each in requests}) == len(requests)


def test_some_are_right_and_some_are_not(tmp_path: Path) -> None:
    requests = [each for seed in range(6) for each in made(tmp_path, seed)]
    bodies = [json.loads(each.raw) for each in requests if each.method == "PATCH" and each.raw]
    right = [isinstance(body, dict) and isinstance(body.get("title"), str) for body in bodies]
    assert any(right)
    assert not all(right)


def test_addresses_are_of_this_run(tmp_path: Path) -> None:
    bodies = [json.loads(each.raw) for each in made(tmp_path, 3) if each.raw]
    addresses = [
        body["email"] for body in bodies if isinstance(body, dict) and "@" in str(body.get("email")) if body["email"]
    ]
    own = [each for each in addresses if isinstance(each, str)]
    assert own
    assert all(each.endswith("-run-1@example.org") for each in own)
    assert len(set(own)) == len(own)


def whole(folder: Path, document: object) -> Any:
    return corpus(document, "run-1", dict.fromkeys(USERS, "a password"), seed=1, folder=folder, chat=True)


def test_the_corpus_asks_every_operation_and_ends_with_what_breaks_a_connection(tmp_path: Path) -> None:
    found = whole(tmp_path, documents.small())
    assert found.unasked == []
    assert found.operations == ("GET /tasks", "POST /tasks", "PATCH /tasks/{task_id}")
    assert found.requests[-1].name == "large body"
    assert len({each.name for each in found.requests}) == len(found.requests)
    assert not any(b"somebody@example.org" in (each.raw or b"") for each in found.requests)


def test_values_are_known_before_they_are_used(tmp_path: Path) -> None:
    known: set[str] = set()
    for request in whole(tmp_path, documents.small()).requests:
        assert request.user is None or request.user in known, request.name
        known |= set(request.captures)


def test_a_document_that_cannot_be_understood(tmp_path: Path) -> None:
    with pytest.raises(PhaseError, match="no requests can be made from the API document: it is no OpenAPI 3 document"):
        whole(tmp_path, {"detail": "Not Found"})


def test_a_model_that_has_no_fixed_rules_is_left_alone(tmp_path: Path) -> None:
    document = documents.small()
    document["paths"]["/chat"] = {"post": {"security": [{"b": []}], "requestBody": {"content": {}}}}
    users = dict.fromkeys(USERS, "a password")
    found = corpus(document, "run-1", users, seed=1, folder=tmp_path, chat=False)
    assert {each.user for each in found.requests if each.path.endswith("/chat")} == {None}
    assert found.unasked == []
