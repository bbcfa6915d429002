"""A conversation that goes on with another process, after the first one was killed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from tests.app.backend.conftest import PASSWORD
from tests.app.backend.processes import Process, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gemini_emulator.server import Emulator

DEADLINE_S = 3
"""Of a turn; its lease lasts 5 s longer."""


@pytest.fixture
def replicas(new_schema: Callable[[], str], emulator: Emulator) -> Iterator[tuple[Process, Process, str]]:
    """Two processes on one database, with clients of one user, and the URL of the database."""
    url = new_schema()
    variables = {"GEMINI_BASE_URL": emulator.url, "CHAT_DEADLINE_S": str(DEADLINE_S)}
    with running(url, **variables) as first, running(url, **variables) as second:
        body = {"email": "someone@example.org", "password": PASSWORD}
        token = first.client.post("/api/auth/signup", json=body).json()["token"]
        for process in (first, second):
            process.client.headers["Authorization"] = f"Bearer {token}"
        yield first, second, url


def chat(process: Process, message: str, conversation: str | None = None) -> dict[str, Any]:
    reply = process.client.post("/api/chat", json={"message": message, "conversation_id": conversation})
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def test_killed_between_two_messages(replicas: tuple[Process, Process, str]) -> None:
    first, second, _ = replicas
    chat(first, "Add tasks 'buy milk' and 'call dad'")
    conversation = chat(first, "Show me all my tasks")["conversation_id"]
    first.kill()
    answer = chat(second, "Mark task 1 as complete", conversation)
    assert [each["tool_name"] for each in answer["tool_invocations"]] == ["complete_task"]
    assert answer["tool_invocations"][0]["result"]["title"] == "call dad"


def test_killed_while_the_model_is_asked(replicas: tuple[Process, Process, str]) -> None:
    first, second, url = replicas
    conversation = chat(first, "Hello!")["conversation_id"]
    message = {"message": "Add a task to run x-emu-fault: slow:30@2", "conversation_id": conversation}
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(first.client.post, "/api/chat", json=message)
        wait_for_task(url)
        first.kill()
        with pytest.raises(httpx.HTTPError):
            lost.result(10)
    path = f"/api/conversations/{conversation}/messages"
    left = second.client.get(path).json()["messages"][2]
    assert (left["status"], left["tool_invocations"][0]["tool_name"]) == ("pending", "add_task")
    # Until the lease of the killed process is over, a turn waits its whole time for it in vain.
    deadline = time.monotonic() + 30
    while (reply := second.client.post("/api/chat", json={**message, "message": "Hello again!"})).status_code == 409:
        assert time.monotonic() < deadline, "the lease does not end"
    assert reply.status_code == 200, reply.text
    shown = [(each["role"], each["status"]) for each in second.client.get(path).json()["messages"]]
    assert shown[2:] == [("user", "failed"), ("assistant", "failed"), ("user", "ok"), ("assistant", "ok")]
    told = second.client.get(path).json()["messages"][3]["content"]
    assert told == "I could not finish my answer. Done so far: added “run”."
    assert second.client.get("/api/tasks").json()["total"] == 1


def wait_for_task(url: str) -> None:
    deadline = time.monotonic() + 10
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM tasks").fetchone() != (1,):
            assert time.monotonic() < deadline, "the tool was not called"
            time.sleep(0.02)
