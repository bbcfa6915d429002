from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from app.migrations import newest_version

from app import operations

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend


def test_health_speaks_of_the_process_only(anonymous: httpx.Client) -> None:
    reply = anonymous.get("/health")
    assert reply.status_code == 200
    assert set(reply.json()) == {"status", "version", "uptime_s"}
    assert reply.json()["status"] == "healthy"
    assert anonymous.get("/health").json()["uptime_s"] > reply.json()["uptime_s"]


def test_ready_with_the_newest_schema(anonymous: httpx.Client) -> None:
    reply = anonymous.get("/ready")
    assert reply.status_code == 200
    body = reply.json()
    assert body["status"] == "ready"
    assert body["checks"]["database"]["ok"] is True
    assert body["checks"]["database"]["latency_ms"] > 0
    assert body["checks"]["migrations"] == {"ok": True, "version": newest_version()}


def test_not_ready_without_schema_or_with_an_old_one_and_ready_with_a_newer_one(
    new_database: Callable[[], str],
    new_schema: Callable[[], str],
    settings_for: SettingsFor,
    start_backend: StartBackend,
) -> None:
    with start_backend(settings_for(new_database())) as backend:
        client = backend.client()
        reply = client.get("/ready")
        assert reply.status_code == 503
        assert reply.json()["status"] == "not_ready"
        assert reply.json()["checks"]["database"]["ok"] is True
        assert reply.json()["checks"]["migrations"] == {"ok": False, "version": None}
        refused = client.post("/api/auth/login", json={"email": "a@example.org", "password": "x"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "DATABASE_ERROR")

    url = new_schema()
    with (
        start_backend(settings_for(url)) as backend,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        client = backend.client()
        connection.execute("DELETE FROM schema_migrations WHERE version = %s", [newest_version()])
        old = client.get("/ready")
        assert (old.status_code, old.json()["checks"]["migrations"]["version"]) == (503, newest_version() - 1)
        connection.execute("INSERT INTO schema_migrations VALUES (%s, 'later')", [newest_version() + 1])
        assert client.get("/ready").status_code == 200


class ScriptedConnection:
    """Answers that there is no table, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def execute(self, query: str) -> ScriptedConnection:
        self.asked.append(query)
        return self

    async def fetchall(self) -> list[dict[str, bool]]:
        return [{"there": False}]


def test_a_table_that_is_not_there_is_looked_for_but_not_read() -> None:
    """Reading it would write an ERROR into the database's log at a normal first start."""
    connection: Any = ScriptedConnection()
    assert asyncio.run(operations._schema_version(connection)) is None
    assert connection.asked == ["SELECT to_regclass('schema_migrations') IS NOT NULL AS there"]


def test_not_ready_as_soon_as_the_shutdown_begins(
    database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    with start_backend(settings_for(database_url)) as backend:
        client = backend.client()
        assert client.get("/ready").status_code == 200
        backend.lifecycle.stop()
        reply = client.get("/ready")
        assert (reply.status_code, reply.json()["status"]) == (503, "stopping")
        assert client.get("/health").status_code == 200


def test_metrics_hold_templates_and_no_user_data(backend: Backend) -> None:
    user = backend.user()
    task = user.task("a-very-special-title")
    user.client.get(f"/api/{user.id}/tasks/{task['id']}")
    reply = user.client.get("/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    counted = r'http_requests_total\{method="GET",route="/api/\{user_id\}/tasks/\{task_id\}",status="200"\} \d+'
    assert re.search(counted, reply.text)
    assert re.search(r'db_pool_connections\{state="open"\} [1-5]\n', reply.text)
    for private in (user.id, user.email, task["id"], "a-very-special-title", user.token):
        assert private not in reply.text


@pytest.mark.parametrize("docs", [None, "/docs"])
def test_index_and_documents(
    docs: str | None, database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    settings = settings_for(database_url, ENABLE_DOCS="true" if docs else "false")
    with start_backend(settings) as backend:
        client = backend.client()
        index = client.get("/").json()
        assert set(index) == {"message", "version", "docs"}
        assert index["docs"] == docs
        assert client.get("/docs").status_code == (200 if docs else 404)
        assert client.get("/redoc").status_code == 404
        document = client.get("/openapi.json").json()
        assert document["info"]["version"] == index["version"]


def test_document_promises_the_common_error_form(anonymous: httpx.Client) -> None:
    document = anonymous.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/ready":
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorReply"}, (path, status)
    assert "HTTPValidationError" not in document["components"]["schemas"]
