"""The backend as a process of its own: start, traffic, signals, and what it writes."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.app.backend.conftest import MODEL_KEY, PASSWORD, SECRET
from tests.app.backend.processes import FOLDER, environment, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gemini_emulator.server import Emulator

FORBIDDEN = re.compile("error|exception|traceback|fatal|failed", re.IGNORECASE)


def test_start_traffic_and_end(new_schema: Callable[[], str], emulator: Emulator) -> None:
    with running(new_schema(), GEMINI_BASE_URL=emulator.url) as process:
        assert process.client.get("/health").status_code == 200
        assert process.client.get("/ready").status_code == 200
        body = {"email": "someone@example.org", "password": PASSWORD}
        token = process.client.post("/api/auth/signup", json=body).json()["token"]
        assert process.client.post("/api/auth/login", json={**body, "password": "not the one"}).status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert process.client.post("/api/tasks", json={"title": "private-title"}, headers=headers).status_code == 201
        assert process.client.get("/api/tasks?q=private-query", headers=headers).status_code == 200
        assert process.client.get("/api/tasks/x", headers=headers).status_code == 422
        assert process.client.get("/nowhere").status_code == 404
        for message in ("Mark task 1 as complete", "Delete private-chat", "Show me all my tasks", "Add private-chat"):
            assert process.client.post("/api/chat", json={"message": message}, headers=headers).status_code == 200
        assert process.end() == 0

    text = "".join(process.lines)
    assert not FORBIDDEN.search(text), FORBIDDEN.findall(text)
    private = [SECRET, MODEL_KEY, PASSWORD, "not the one", token, *token.split("."), "private-title", "private-query"]
    private += ["private-chat", "Mark task"]
    for secret in [*private, "someone@example.org", "postgresql://"]:
        for part in {secret, secret[:12], secret[-12:]}:
            assert part not in text
    lines = [json.loads(line) for line in process.lines]
    assert all({"time", "level", "message"} <= set(line) for line in lines)
    assert [line["status"] for line in lines if line["message"] == "request"] == [
        *(201, 401, 201, 200, 422, 404),
        *(200, 200, 200, 200),
    ]
    tools = [(line["tool"], line["outcome"]) for line in lines if line["message"] == "tool called"]
    assert ("complete_task", "NO_LIST") in tools
    assert ("add_task", "created") in tools


def test_requests_in_flight_are_finished_after_sigterm(new_schema: Callable[[], str]) -> None:
    url = new_schema()
    with running(url) as process, psycopg.connect(url) as blocker, ThreadPoolExecutor(1) as pool:
        body = {"email": "someone@example.org", "password": PASSWORD}
        session = process.client.post("/api/auth/signup", json=body).json()
        # Making a task waits for the row of its user.
        blocker.execute("SELECT 1 FROM users FOR UPDATE")
        headers = {"Authorization": f"Bearer {session['token']}"}
        reply = pool.submit(process.client.post, "/api/tasks", json={"title": "late"}, headers=headers)
        wait_until_blocked(url)
        process.popen.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while not any("Shutting down" in line for line in process.lines):
            assert time.monotonic() < deadline, "the shutdown did not begin"
            time.sleep(0.02)
        assert not reply.done()
        blocker.rollback()
        assert reply.result(20).status_code == 201
        assert process.wait() == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT title FROM tasks").fetchall() == [("late",)]


def test_turn_in_flight_is_finished_after_sigterm(new_schema: Callable[[], str], emulator: Emulator) -> None:
    with running(new_schema(), GEMINI_BASE_URL=emulator.url) as process, ThreadPoolExecutor(1) as pool:
        body = {"email": "someone@example.org", "password": PASSWORD}
        headers = {"Authorization": f"Bearer {process.client.post('/api/auth/signup', json=body).json()['token']}"}
        message = {"message": "Add a task to run x-emu-fault: slow:2@2"}
        reply = pool.submit(process.client.post, "/api/chat", json=message, headers=headers)
        deadline = time.monotonic() + 10
        while not any("tool called" in line for line in process.lines):
            assert time.monotonic() < deadline, "the tool was not called"
            time.sleep(0.02)
        process.popen.send_signal(signal.SIGTERM)
        assert process.wait() == 0
        assert "run" in reply.result(5).json()["content"]


def test_no_connection_is_cut_at_sigterm(new_schema: Callable[[], str]) -> None:
    """Each ends with an answer that says so: what is sent on one that is cut without a word is lost."""

    def use(port: int, served: threading.Event) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while True:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            served.set()
            if answer.will_close:
                return True

    with running(new_schema()) as process, ThreadPoolExecutor(8) as pool:
        served = [threading.Event() for _ in range(8)]
        users = [pool.submit(use, process.client.base_url.port or 0, each) for each in served]
        assert all(each.wait(20) for each in served)
        assert process.end() == 0
        assert all(user.result(20) for user in users)


def wait_until_blocked(url: str) -> None:
    deadline = time.monotonic() + 10
    with psycopg.connect(url, autocommit=True) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while connection.execute(query).fetchone() != (1,):
            assert time.monotonic() < deadline, "nothing waits for the lock"
            time.sleep(0.02)


def test_database_that_is_away_is_no_reason_not_to_start(tmp_path: Path) -> None:
    with running(f"postgresql://todo:hidden-password@/todo?host={tmp_path}") as process:
        assert process.client.get("/health").status_code == 200
        ready = process.client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["database"]["ok"]) == (503, False)
        assert process.end() == 0
    text = "".join(process.lines)
    assert text.count("database not reachable") == 1
    assert not FORBIDDEN.search(text), FORBIDDEN.findall(text)
    assert "hidden-password" not in text


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "backend: DATABASE_URL is not set."),
        ({"DATABASE_URL": "postgres://h/d"}, "backend: JWT_SECRET is not set."),
        (
            {"DATABASE_URL": "postgres://h/d", "JWT_SECRET": "too-short"},
            "backend: JWT_SECRET is shorter than 32 bytes.",
        ),
        (
            {"DATABASE_URL": "postgres://h/d", "JWT_SECRET": SECRET},
            "backend: GEMINI_API_KEY is not set; an empty value is allowed and switches the chat off.",
        ),
        (
            {"DATABASE_URL": "postgres://h/d", "JWT_SECRET": SECRET, "GEMINI_API_KEY": "", "PORT": "http"},
            "backend: PORT must be a whole number from 0 to 65535.",
        ),
    ],
)
def test_incomplete_configuration_is_one_line_and_not_zero(variables: dict[str, str], sentence: str) -> None:
    output = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=FOLDER,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (output.returncode, output.stderr, output.stdout) == (1, sentence + "\n", "")


def test_port_in_use_ends_the_process_with_one_line(new_schema: Callable[[], str]) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        output = subprocess.run(
            [sys.executable, "-m", "app"],
            cwd=FOLDER,
            env=environment(
                DATABASE_URL=new_schema(),
                JWT_SECRET=SECRET,
                GEMINI_API_KEY="",
                PORT=str(taken.getsockname()[1]),
                LOG_LEVEL="error",
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert output.returncode != 0
    assert "address already in use" in output.stdout
    assert "Traceback" not in output.stdout + output.stderr


def test_healthcheck_of_the_image(new_schema: Callable[[], str]) -> None:
    def check(port: object) -> int:
        return subprocess.run(
            [sys.executable, "-m", "app.healthcheck"],
            cwd=FOLDER,
            env=environment(PORT=str(port)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        ).returncode

    with running(new_schema()) as process:
        port = process.client.base_url.port
        assert check(port) == 0
        assert process.end() == 0
        assert check(port) == 1
