"""The scenario: enough, each request once, every operation, nothing used before it is known."""

from __future__ import annotations

import re

from pytest_todo_k8s.comparing.scenario import LAST, scenario

PASSWORDS = {"ann": "ann's password", "bob": "bob's password"}
REQUESTS = scenario("20261123-160000-abcdef", PASSWORDS, chat=True)
OPERATIONS = [
    "GET /health",
    "GET /ready",
    "GET /",
    "GET /openapi.json",
    "POST /api/auth/signup",
    "POST /api/auth/login",
    "POST /api/auth/logout",
    "GET /api/auth/me",
    "GET /api/tasks",
    "POST /api/tasks",
    "GET /api/tasks/{milk}",
    "PATCH /api/tasks/{milk}",
    "PUT /api/tasks/{milk}",
    "PATCH /api/tasks/{milk}/toggle",
    "PATCH /api/tasks/{milk}/complete",
    "DELETE /api/tasks/{banana}",
    "GET /api/{ann_id}/tasks",
    "POST /api/{ann_id}/tasks",
    "GET /api/{ann_id}/tasks/{path}",
    "DELETE /api/{ann_id}/tasks/{egypt}",
    "POST /api/chat",
    "POST /api/{ann_id}/chat",
    "GET /api/conversations",
    "GET /api/conversations/{talk}/messages",
    "DELETE /api/conversations/{talk}",
]


def test_there_are_enough_and_each_has_its_name() -> None:
    assert len(REQUESTS) >= 40
    assert len({request.name for request in REQUESTS}) == len(REQUESTS)


def test_every_operation_is_used() -> None:
    asked = {f"{request.method} {request.path.partition('?')[0]}" for request in REQUESTS}
    assert set(OPERATIONS) <= asked


def test_values_are_known_before_they_are_used() -> None:
    known: set[str] = set()
    for request in REQUESTS:
        spoken = request.body.get("conversation_id", "") if isinstance(request.body, dict) else ""
        used = set(re.findall(r"\{(\w+)\}", request.path + spoken)) | ({request.user} if request.user else set())
        assert used <= known, request.name
        known |= set(request.captures)


def test_the_assistant_is_left_alone_where_it_has_no_fixed_rules() -> None:
    assert not [each for each in scenario("x", PASSWORDS, chat=False) if "chat" in each.path or "conv" in each.path]


def test_the_one_that_breaks_a_connection_is_not_among_them() -> None:
    assert LAST not in REQUESTS
