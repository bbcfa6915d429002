"""Every user route of the OpenAPI document, asked without a token and for somebody else's things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.app.backend.conftest import Backend, User

OPEN_ROUTES = {"/", "/health", "/ready", "/metrics", "/api/auth/signup", "/api/auth/login"}


class Things(NamedTuple):
    """What a user has, and what it looked like at first."""

    user: User
    task: dict[str, Any]
    messages: list[dict[str, Any]]
    ids: dict[str, str]

    def untouched(self) -> bool:
        tasks = self.user.client.get("/api/tasks").json()
        return tasks == {"tasks": [self.task], "total": 1} and self.messages == self.user.messages(
            self.ids["conversation_id"]
        )


class Operation(NamedTuple):
    method: str
    path: str

    @property
    def names_an_object(self) -> bool:
        """Whether a task or a conversation is named, in the path or, for the chat, in the body."""
        return "{task_id}" in self.path or "{conversation_id}" in self.path or self.path.endswith("/chat")

    def call(self, client: httpx.Client, ids: dict[str, str]) -> httpx.Response:
        # Unknown fields are ignored, so one body fits all routes.
        body = {"title": "changed", "message": "hello", "conversation_id": ids["conversation_id"]}
        return client.request(self.method, self.path.format(**ids), json=body if self.method != "GET" else None)


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


@pytest.fixture
def owned(new_user: Callable[[], User]) -> Things:
    user = new_user()
    task = user.task()
    conversation = user.chat("Hello!")["conversation_id"]
    ids = {"user_id": user.id, "task_id": task["id"], "conversation_id": conversation}
    return Things(user, task, user.messages(conversation), ids)


def test_document_has_both_forms_of_every_route(operations: list[Operation]) -> None:
    named = {operation for operation in operations if "{user_id}" in operation.path}
    canonical = {operation for operation in operations if not operation.path.startswith("/api/auth/")} - named
    assert {(o.method, o.path.replace("/{user_id}", "")) for o in named} == canonical
    assert {"/api/auth/logout", "/api/auth/me"} == {o.path for o in operations} - {o.path for o in canonical | named}
    subjects = [operation.path.split("/")[2] for operation in canonical]
    assert {subject: subjects.count(subject) for subject in subjects} == {"tasks": 8, "chat": 1, "conversations": 3}


def test_document_promises_401_everywhere_and_403_where_a_user_is_named(backend: Backend) -> None:
    client = backend.client()
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in OPEN_ROUTES:
                assert "401" in operation["responses"], path
                assert operation["security"] == [{"HTTPBearer": []}], path
                assert ("403" in operation["responses"]) == ("{user_id}" in path), path
                assert ("404" in operation["responses"]) == Operation(method, path).names_an_object, path


def test_without_token_401(operations: list[Operation], owned: Things, anonymous: httpx.Client) -> None:
    for operation in operations:
        reply = operation.call(anonymous, owned.ids)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "UNAUTHENTICATED"), operation
    assert owned.untouched()


def test_another_path_user_403(operations: list[Operation], owned: Things, user: User) -> None:
    named = [operation for operation in operations if "{user_id}" in operation.path]
    assert len(named) == 12
    for operation in named:
        for other in (owned.user.id, str(uuid4())):
            reply = operation.call(user.client, owned.ids | {"user_id": other})
            assert (reply.status_code, reply.json()["error"]["code"]) == (403, "FORBIDDEN"), operation
    assert owned.untouched()


def test_bad_path_user_422(operations: list[Operation], owned: Things) -> None:
    for operation in operations:
        if "{user_id}" in operation.path:
            assert operation.call(owned.user.client, owned.ids | {"user_id": "me"}).status_code == 422, operation
    assert owned.untouched()


def test_somebody_elses_things_404_like_unknown_ones(operations: list[Operation], owned: Things, user: User) -> None:
    with_object = [operation for operation in operations if operation.names_an_object]
    assert len(with_object) == 18
    foreign_ids = owned.ids | {"user_id": user.id}
    unknown_ids = {"user_id": user.id, "task_id": str(uuid4()), "conversation_id": str(uuid4())}
    for operation in with_object:
        foreign, unknown = (operation.call(user.client, ids) for ids in (foreign_ids, unknown_ids))
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "NOT_FOUND"), operation
        assert foreign.json()["error"]["message"] == unknown.json()["error"]["message"]
        assert unknown.status_code == 404
    assert owned.untouched()


def test_lists_show_the_own_things_only(new_user: Callable[[], User]) -> None:
    first, second = new_user(), new_user()
    for user, title in ((first, "first"), (second, "second")):
        user.task(title)
        user.chat(f"Hello from {title}!")
    for user, prefix, title in ((first, "/api", "first"), (second, f"/api/{second.id}", "second")):
        assert [task["title"] for task in user.client.get(f"{prefix}/tasks").json()["tasks"]] == [title]
        listed = user.client.get(f"{prefix}/conversations").json()
        assert ([each["title"] for each in listed["conversations"]], listed["total"]) == ([f"Hello from {title}!"], 1)
