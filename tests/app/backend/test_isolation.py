"""Every user route of the OpenAPI document, asked without a token and for somebody else's things."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.app.backend.conftest import Backend, User

OPEN_ROUTES = {"/", "/health", "/ready", "/metrics", "/api/auth/signup", "/api/auth/login"}


class Operation(NamedTuple):
    method: str
    path: str

    def call(self, client: httpx.Client, user_id: str, task_id: str) -> httpx.Response:
        path = self.path.format(user_id=user_id, task_id=task_id)
        return client.request(self.method, path, json={"title": "changed"} if self.method != "GET" else None)


@pytest.fixture(scope="module")
def operations(backend: Backend) -> list[Operation]:
    client = backend.client()
    document = client.get("/openapi.json").json()
    return [
        Operation(method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path not in OPEN_ROUTES
    ]


def test_document_has_both_forms_of_every_task_route(operations: list[Operation]) -> None:
    canonical = {operation for operation in operations if operation.path.startswith("/api/tasks")}
    named = {operation for operation in operations if "{user_id}" in operation.path}
    assert len(canonical) == 8
    assert {(o.method, o.path.replace("/{user_id}", "")) for o in named} == canonical
    assert {o.path for o in operations} - {o.path for o in canonical | named} == {"/api/auth/logout", "/api/auth/me"}


def test_document_promises_401_everywhere_and_403_where_a_user_is_named(backend: Backend) -> None:
    client = backend.client()
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if path not in OPEN_ROUTES:
                assert "401" in operation["responses"], path
                assert operation["security"] == [{"HTTPBearer": []}], path
                assert ("403" in operation["responses"]) == ("{user_id}" in path), path
                assert ("404" in operation["responses"]) == ("{task_id}" in path), path


def test_without_token_401(operations: list[Operation], user: User, anonymous: httpx.Client) -> None:
    task = user.task()
    for operation in operations:
        reply = operation.call(anonymous, user.id, task["id"])
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "UNAUTHENTICATED"), operation
    assert user.client.get(f"/api/tasks/{task['id']}").json() == task


def test_another_path_user_403(operations: list[Operation], new_user: Callable[[], User]) -> None:
    owner, stranger = new_user(), new_user()
    task = owner.task()
    named = [operation for operation in operations if "{user_id}" in operation.path]
    assert named
    for operation in named:
        for other in (owner.id, str(uuid4())):
            reply = operation.call(stranger.client, other, task["id"])
            assert (reply.status_code, reply.json()["error"]["code"]) == (403, "FORBIDDEN"), operation
    assert owner.client.get("/api/tasks").json() == {"tasks": [task], "total": 1}


def test_bad_path_user_422(operations: list[Operation], user: User) -> None:
    task = user.task()
    for operation in operations:
        if "{user_id}" in operation.path:
            assert operation.call(user.client, "me", task["id"]).status_code == 422, operation


def test_somebody_elses_task_404_like_an_unknown_one(operations: list[Operation], new_user: Callable[[], User]) -> None:
    owner, stranger = new_user(), new_user()
    task = owner.task()
    with_task = [operation for operation in operations if "{task_id}" in operation.path]
    assert len(with_task) == 12
    for operation in with_task:
        foreign = operation.call(stranger.client, stranger.id, task["id"])
        unknown = operation.call(stranger.client, stranger.id, str(uuid4()))
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "NOT_FOUND"), operation
        assert foreign.json()["error"]["message"] == unknown.json()["error"]["message"]
        assert unknown.status_code == 404
    assert owner.client.get(f"/api/tasks/{task['id']}").json() == task


def test_lists_show_the_own_tasks_only(new_user: Callable[[], User]) -> None:
    first, second = new_user(), new_user()
    first.task("first"), second.task("second")
    assert [task["title"] for task in first.client.get("/api/tasks").json()["tasks"]] == ["first"]
    assert [task["title"] for task in second.client.get(f"/api/{second.id}/tasks").json()["tasks"]] == ["second"]
