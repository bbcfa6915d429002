from __future__ import annotations

import json
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
from app.boundary import route_template
from app.logs import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend, User

LIMIT = 64 * 1024
JSON = {"Content-Type": "application/json"}


def error(reply: httpx.Response) -> dict[str, Any]:
    body = reply.json()
    assert set(body) == {"error"}
    assert set(body["error"]) - {"details"} == {"code", "message", "request_id"}
    assert body["error"]["request_id"] == reply.headers["X-Request-ID"]
    found: dict[str, Any] = body["error"]
    return found


def padded(size: int) -> bytes:
    text = json.dumps({"title": "a", "padding": ""})
    return text.replace('""', '"' + "x" * (size - len(text)) + '"').encode()


def chunks(body: bytes) -> Iterator[bytes]:
    yield from (body[start : start + 8192] for start in range(0, len(body), 8192))


def test_body_of_64_kib_is_accepted_and_one_byte_more_is_not(user: User) -> None:
    assert user.client.post("/api/tasks", content=padded(LIMIT), headers=JSON).status_code == 201
    reply = user.client.post("/api/tasks", content=padded(LIMIT + 1), headers=JSON)
    assert (reply.status_code, error(reply)["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_body_without_announced_length_has_the_same_limit(user: User) -> None:
    assert user.client.post("/api/tasks", content=chunks(padded(LIMIT)), headers=JSON).status_code == 201
    reply = user.client.post("/api/tasks", content=chunks(padded(LIMIT + 1)), headers=JSON)
    assert (reply.status_code, error(reply)["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_limit_holds_on_every_path(anonymous: httpx.Client) -> None:
    for path in ("/health", "/nowhere", "/api/auth/login"):
        assert anonymous.post(path, content=b"x" * (LIMIT + 1), headers=JSON).status_code == 413


def test_client_that_sends_too_much_gets_the_answer_after_it(user: User) -> None:
    for content in (b"x" * 1_000_000, chunks(b"x" * 1_000_000)):
        reply = user.client.post("/api/tasks", content=content, headers=JSON)
        assert (reply.status_code, error(reply)["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_giant_without_an_announcement_is_not_read_to_its_end(backend: Backend) -> None:
    host, port = backend.url.removeprefix("http://").split(":")
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /api/tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + piece * 16)
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(4096)
        connection.settimeout(10)
        connection.sendall(piece)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_announced_giant_is_refused_without_reading_it(backend: Backend) -> None:
    host, port = backend.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /api/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_other_media_types_are_refused(user: User, kind: str) -> None:
    reply = user.client.post("/api/tasks", content=b'{"title":"a"}', headers={"Content-Type": kind})
    assert (reply.status_code, error(reply)["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_parameters_of_the_media_type_do_not_matter(user: User) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert user.client.post("/api/tasks", content=b'{"title":"a"}', headers=headers).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 60000,
        b"\xff\xfe",
        b'{"title": 1' + b"0" * 5000 + b"}",
        b"",
        b'{"title":"\\ud800"}',
        b'{"title":NaN}',
    ],
)
def test_bodies_that_cannot_be_read_are_422(user: User, body: bytes) -> None:
    reply = user.client.post("/api/tasks", content=body, headers=JSON)
    assert (reply.status_code, error(reply)["code"]) == (422, "VALIDATION_ERROR")


def test_unknown_paths_and_methods(anonymous: httpx.Client) -> None:
    unknown = anonymous.get("/api/nothing/here")
    assert (unknown.status_code, error(unknown)["code"]) == (404, "NOT_FOUND")
    assert anonymous.get("/api/tasks/").status_code != 307
    method = anonymous.delete("/api/auth/login")
    assert (method.status_code, error(method)["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert method.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/tasks", "GET, POST"),
        ("/api/tasks/7", "DELETE, GET, PATCH, PUT"),
        ("/api/7/conversations/7", "DELETE"),
        # Both a task and the chat of a user could be meant.
        ("/api/tasks/chat", "DELETE, GET, PATCH, POST, PUT"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
def test_allow_names_all_methods_of_a_path(anonymous: httpx.Client, path: str, allowed: str) -> None:
    reply = anonymous.request("TRACE", path)
    assert (reply.status_code, ", ".join(sorted(reply.headers["Allow"].split(", ")))) == (405, allowed)


@pytest.mark.parametrize("given", ["abc-123_X.y", "a" * 64])
def test_harmless_request_id_is_passed_on(anonymous: httpx.Client, given: str) -> None:
    assert anonymous.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["a" * 65, "with space", "<script>", "é", ""])
def test_other_request_ids_are_replaced(anonymous: httpx.Client, given: str) -> None:
    reply = anonymous.get("/health", headers={b"X-Request-ID": given.encode()})
    assert len(reply.headers["X-Request-ID"]) == 32
    assert anonymous.get("/health").headers["X-Request-ID"] != reply.headers["X-Request-ID"]


def test_unexpected_exception_is_500_without_its_text(
    database_url: str, settings_for: SettingsFor, start_backend: StartBackend, caplog: pytest.LogCaptureFixture
) -> None:
    with start_backend(settings_for(database_url)) as backend:
        client = backend.client()

        async def broken() -> None:
            raise RuntimeError("inner-text")

        backend.app.add_api_route("/broken", broken)
        with caplog.at_level(logging.INFO):
            reply = client.get("/broken")
        assert (reply.status_code, error(reply)["code"]) == (500, "INTERNAL_ERROR")
        assert "inner-text" not in reply.text
        [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert getattr(record, FIELDS)["request_id"] == reply.headers["X-Request-ID"]
        assert 'route="/broken",status="500"} 1' in client.get("/metrics").text


def test_one_line_for_each_request_but_none_for_probes(user: User, caplog: pytest.LogCaptureFixture) -> None:
    task = user.task("secret-title")
    # A line is written just after its answer was sent, and in any case before the next request is read.
    user.client.get("/health")
    with caplog.at_level(logging.INFO, logger="app.boundary"):
        user.client.get(f"/api/tasks/{task['id']}?q=secret-query", headers={"X-Request-ID": "mine"})
        user.client.get(f"/api/{user.id}/tasks")
        user.client.get("/nowhere/secret-path")
        for path in ("/health", "/ready", "/metrics"):
            user.client.get(path)
    fields = [getattr(record, FIELDS) for record in caplog.records]
    assert [(line["method"], line["route"], line["status"]) for line in fields] == [
        ("GET", "/api/tasks/{task_id}", 200),
        ("GET", "/api/{user_id}/tasks", 200),
        ("GET", "unmatched", 404),
    ]
    assert fields[0]["request_id"] == "mine"
    assert fields[0]["duration_ms"] > 0
    assert "secret" not in str(fields)
    assert task["id"] not in str(fields)


def test_route_template_names_each_parameter_once() -> None:
    scope = {"endpoint": print, "path": "/api/u/tasks/t/toggle", "path_params": {"user_id": "u", "task_id": "t"}}
    assert route_template(scope) == "/api/{user_id}/tasks/{task_id}/toggle"
    same = {"endpoint": print, "path": "/api/u/tasks/u", "path_params": {"user_id": "u", "task_id": "u"}}
    assert route_template(same) == "/api/{user_id}/tasks/{task_id}"
    assert route_template({"path": "/x"}) == "unmatched"


def test_no_cors_header_by_default_and_only_listed_origins_otherwise(
    anonymous: httpx.Client, database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    origin = {"Origin": "https://a.example"}
    assert not [name for name in anonymous.get("/health", headers=origin).headers if name.startswith("access-control")]
    settings = settings_for(database_url, CORS_ALLOW_ORIGINS="https://a.example")
    with start_backend(settings) as backend:
        client = backend.client()
        allowed = client.get("/health", headers=origin).headers
        assert allowed["Access-Control-Allow-Origin"] == "https://a.example"
        assert "Access-Control-Allow-Credentials" not in allowed
        assert (
            "Access-Control-Allow-Origin" not in client.get("/health", headers={"Origin": "https://b.example"}).headers
        )
