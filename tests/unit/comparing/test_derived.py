"""Requests derived from an API document."""

from __future__ import annotations

import re

from pytest_todo_k8s.comparing.derived import KNOWN, derived
from pytest_todo_k8s.comparing.document import operations
from tests.unit.comparing import documents

SMALL = list(derived(operations(documents.small())))
REQUESTS = list(derived(operations(documents.backend())))
NAMES = {each.name: each for each in SMALL}


def test_each_has_a_name_of_its_own() -> None:
    assert len({each.name for each in REQUESTS}) == len(REQUESTS) > 500


def test_without_right() -> None:
    assert NAMES["GET /tasks, no token"].user is None
    assert NAMES["GET /tasks, a broken token"].headers["Authorization"] == "Bearer x"
    assert NAMES["PATCH /tasks/{task_id}, by a stranger"].user == "bob"
    assert "POST /tasks, no token" not in NAMES, "it wants none"


def test_each_thing_is_broken() -> None:
    assert NAMES["GET /tasks, limit: maximum 200 passed"].path == "/tasks?limit=201"
    assert NAMES["GET /tasks, limit: twice"].path == "/tasks?limit=1&limit=1"
    assert NAMES["PATCH /tasks/{task_id}, task_id: a number"].path == "/tasks/1"
    assert NAMES["POST /tasks, half a body"].raw == b'{"title": "Buy milk"'
    assert NAMES["POST /tasks, another media type"].headers == {"Content-Type": "text/plain"}
    assert NAMES["DELETE /tasks, a method it has not"].method == "DELETE"


def test_paths_use_only_what_is_known() -> None:
    known = {name.strip("{}") for names in KNOWN.values() for name in names}
    for request in REQUESTS:
        assert set(re.findall(r"\{(\w+)\}", request.path)) <= known, request.name


def test_few_log_ins_with_one_address_are_answered_as_attempts() -> None:
    """More would run into the limit of ten a minute, and the comparison would depend on the time of day."""
    right = [
        each
        for each in REQUESTS
        if each.path.startswith("/api/auth/login") and b'"password": "Buy' in (each.raw or b"")
    ]
    assert len([each for each in right if b"somebody@example.org" in (each.raw or b"")]) < 10
