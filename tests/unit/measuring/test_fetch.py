"""One exchange: whole answers, and every way in which there is none."""

from __future__ import annotations

import socket
import threading
import time

from pytest_todo_k8s.measuring.fetch import fetch, new_session
from tests.unit.todo_server import todo_server


def test_a_whole_answer() -> None:
    with todo_server() as server, new_session() as session:
        answer = fetch(session, f"{server.url}/api/health", timeout_s=5)
    assert (answer.status, answer.error) == (200, None)
    assert answer.headers["content-type"] == "application/json"
    assert '"healthy"' in answer.text


def test_redirects_are_not_followed() -> None:
    with todo_server() as server, new_session() as session:
        answer = fetch(session, f"{server.url}/tasks", timeout_s=5)
    assert (answer.status, answer.headers["location"]) == (307, "/login")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with new_session() as session:
        answer = fetch(session, f"http://127.0.0.1:{port}/", timeout_s=2)
    assert answer.status is None
    assert "refused" in (answer.error or "")


def test_a_trickle_ends_at_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_trickle, args=(listener,), daemon=True).start()
        started = time.monotonic()
        with new_session() as session:
            answer = fetch(session, f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.5)
    assert time.monotonic() - started < 2
    assert answer.status is None
    assert "not whole in time" in (answer.error or "")


def _trickle(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"1\r\nx\r\n")
                time.sleep(0.05)
        except OSError:
            return


def test_the_environment_s_proxy_is_not_used() -> None:
    with new_session() as session:
        assert session.trust_env is False
