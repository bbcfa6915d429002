"""The frontend server itself, as it goes into the image, spoken to over plain HTTP."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

from tests.app.web import servers
from tests.app.web.conftest import PASSWORD, Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.plain.node import Node
    from tests.app.web.conftest import Stack

UNCLEAN = re.compile("error|exception|traceback|fatal|failed", re.IGNORECASE)
"""Words that a log of normal traffic must not contain (SC-007)."""


class SlowBackend(BaseHTTPRequestHandler):
    """Answers when it is told to."""

    asked = threading.Event()
    answer = threading.Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.answer.wait(20)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"slow":true}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name for it
        """Say nothing."""


@contextmanager
def slow_backend() -> Iterator[tuple[str, type[SlowBackend]]]:
    """A backend that holds its answers back until its `answer` is set."""

    class Handler(SlowBackend):
        asked = threading.Event()
        answer = threading.Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Handler
        finally:
            Handler.answer.set()
            server.shutdown()


def signed_up(url: str) -> requests.Session:
    session = requests.Session()
    answer = session.post(
        f"{url}/api/auth/signup", json={"email": Account.new().email, "password": PASSWORD}, timeout=10
    )
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"user", "expires_at"}
    return session


def error_code(answer: requests.Response) -> str:
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "details", "request_id"}
    assert error["request_id"] == answer.headers["x-request-id"]
    return str(error["code"])


@pytest.mark.parametrize("secret", [None, "", "only-thirty-one-bytes-of-secret"])
def test_it_does_not_start_without_a_proper_secret(built: Node, secret: str | None) -> None:
    variables = {} if secret is None else {"BETTER_AUTH_SECRET": secret}
    start = [built.executable, built.standalone / "runtime" / "start.mjs"]
    result = built.commands.run(start, timeout_s=20, env=variables, check=False)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert re.fullmatch(r"BETTER_AUTH_SECRET .+\n", result.stderr)
    assert not secret or secret not in result.stderr


def test_one_build_serves_whatever_backend_it_is_started_with(built: Node) -> None:
    with slow_backend() as (first, one), slow_backend() as (second, other):
        one.answer.set()
        other.answer.set()
        for url, asked in ((first, one.asked), (second, other.asked)):
            with servers.frontend(built, url).running() as server:
                assert requests.get(f"{server.url}/api/tasks", timeout=5).json() == {"slow": True}
                assert asked.is_set()


def test_requests_in_flight_are_finished_when_it_is_asked_to_end(built: Node) -> None:
    with (
        slow_backend() as (url, backend),
        ThreadPoolExecutor(2) as threads,
        servers.frontend(built, url).running() as server,
    ):
        request = threads.submit(requests.get, f"{server.url}/api/tasks", timeout=20)
        assert backend.asked.wait(10)
        stopped = threads.submit(server.stop)
        wait_until_refused(server.url)
        backend.answer.set()
        assert request.result(20).json() == {"slow": True}
        assert stopped.result(20) == 0


def wait_until_refused(url: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/api/health", timeout=5)
        except requests.ConnectionError:
            return
    pytest.fail("the server still takes new connections")


def test_readiness_asks_the_backend_and_does_not_wait_for_ever(built: Node, stack: Stack) -> None:
    ready = requests.get(f"{stack.frontend.url}/api/ready", timeout=5)
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    with slow_backend() as (url, _), servers.frontend(built, url).running() as server:
        unready = requests.get(f"{server.url}/api/ready", timeout=5)
        assert (unready.status_code, unready.json()["status"]) == (503, "unready")
        assert requests.get(f"{server.url}/api/health", timeout=5).json() == {"status": "healthy"}


def test_any_replica_takes_the_session_of_another(built: Node, stack: Stack) -> None:
    session = signed_up(stack.frontend.url)
    with servers.frontend(built, stack.backend.url).running() as replica:
        assert session.get(f"{replica.url}/api/tasks", timeout=10).json() == {"tasks": [], "total": 0}
    sealed_otherwise = servers.frontend(
        built,
        stack.backend.url,
        BETTER_AUTH_SECRET="another secret of the browser tests, long",
    )
    with sealed_otherwise.running() as stranger:
        answer = session.get(f"{stranger.url}/api/tasks", timeout=10)
        assert (answer.status_code, error_code(answer)) == (401, "UNAUTHENTICATED")
        assert "todo_session=; Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "path", ["/api/metrics", "/api/openapi.json", "/api/tasks/a%2Fb", "/api/ready/x", "/api/admin"]
)
def test_only_listed_paths_are_passed_on(stack: Stack, path: str) -> None:
    answer = requests.get(f"{stack.frontend.url}{path}", timeout=10)
    assert (answer.status_code, error_code(answer)) == (404, "NOT_FOUND")


def test_another_site_cannot_change_anything(stack: Stack) -> None:
    session = signed_up(stack.frontend.url)
    url = f"{stack.frontend.url}/api/tasks"
    foreign = session.post(url, json={"title": "x"}, headers={"Origin": "http://evil.test"}, timeout=10)
    assert (foreign.status_code, error_code(foreign)) == (403, "FORBIDDEN")
    own = session.post(url, json={"title": "x"}, headers={"Origin": stack.frontend.url}, timeout=10)
    assert own.status_code == 201
    assert own.headers["location"] == f"/api/tasks/{own.json()['id']}"
    assert "access-control-allow-origin" not in own.headers


def test_a_body_over_64_kib_is_refused(stack: Stack) -> None:
    answer = requests.post(f"{stack.frontend.url}/api/auth/login", data=b"x" * (64 * 1024 + 1), timeout=10)
    assert (answer.status_code, error_code(answer)) == (413, "PAYLOAD_TOO_LARGE")


def test_the_backends_refusals_come_through_in_their_form(stack: Stack) -> None:
    session = signed_up(stack.frontend.url)
    answer = session.get(f"{stack.frontend.url}/api/tasks/not-a-uuid", headers={"X-Request-ID": "web-1"}, timeout=10)
    assert (answer.status_code, error_code(answer)) == (422, "VALIDATION_ERROR")
    assert answer.headers["x-request-id"] == "web-1"


def test_every_page_has_a_policy_of_its_own_that_its_scripts_obey(stack: Stack) -> None:
    nonces = set()
    for _ in range(2):
        answer = requests.get(f"{stack.frontend.url}/login", timeout=10)
        found = re.search(
            r"script-src 'self' 'nonce-([^']+)' 'strict-dynamic';", answer.headers["content-security-policy"]
        )
        assert found
        nonces.add(found[1])
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert scripts
        assert all(f'nonce="{found[1]}"' in script for script in scripts)
    assert len(nonces) == 2
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-powered-by" not in answer.headers


def test_its_log_is_clean_json_without_content(built: Node, stack: Stack) -> None:
    with servers.frontend(built, stack.backend.url).running() as server:
        session = signed_up(server.url)
        session.post(f"{server.url}/api/tasks", json={"title": "a secret title"}, timeout=10)
        assert requests.get(f"{server.url}/api/tasks", timeout=10).status_code == 401
        assert requests.get(f"{server.url}/tasks", timeout=10).status_code == 200
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.lines]
    requested = [line for line in lines if "route" in line]
    assert [(line["method"], line["route"], line["status"]) for line in requested] == [
        ("POST", "/api/auth/signup", 201),
        ("POST", "/api/tasks", 201),
        ("GET", "/api/tasks", 401),
    ]
    assert all(line["level"] == "info" for line in lines)
    text = "\n".join(server.lines)
    assert not UNCLEAN.search(text)
    assert "a secret title" not in text
    assert PASSWORD not in text
