"""Turns that run at once, are interrupted, or lose their conversation."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from tests.app.backend.chat.conftest import calls, says

if TYPE_CHECKING:
    import httpx

    from tests.app.backend.chat.conftest import Model
    from tests.app.backend.conftest import Backend, User


def say(user: User, message: str, conversation_id: str | None = None) -> httpx.Response:
    return user.client.post("/api/chat", json={"message": message, "conversation_id": conversation_id})


def execute(url: str, statement: str, *values: object) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode(), values)


def test_two_clients_in_one_conversation_lose_nothing(backend: Backend, user: User) -> None:
    conversation = user.chat("Hello!")["conversation_id"]
    clients = [backend.client(user.token), backend.client(user.token)]

    def hammer(number: int) -> list[dict[str, Any]]:
        body = {"conversation_id": conversation}
        texts = [f"Add a task '{number}-{turn}'" for turn in range(6)]
        return [clients[number].post("/api/chat", json={**body, "message": text}).json() for text in texts]

    with ThreadPoolExecutor(2) as pool:
        answers = [answer for found in pool.map(hammer, range(2)) for answer in found]
    assert sorted(user.titles()) == sorted(f"{number}-{turn}" for number in range(2) for turn in range(6))
    messages = user.messages(conversation)
    assert [message["role"] for message in messages] == ["user", "assistant"] * 13
    assert {message["status"] for message in messages} == {"ok"}
    assert {answer["message_id"] for answer in answers} == {message["id"] for message in messages[3::2]}
    for said, answered in zip(messages[2::2], messages[3::2], strict=True):
        [invocation] = answered["tool_invocations"]
        assert f"'{invocation['parameters']['title']}'" in said["content"]


def test_two_clients_on_one_task_lose_nothing(backend: Backend, user: User) -> None:
    task = user.task("start", description="kept")
    clients = [backend.client(user.token), backend.client(user.token)]

    def change(number: int) -> list[int]:
        replies = []
        for turn in range(8):
            title = f"{number}-{turn}"
            if number:
                replies.append(clients[1].patch(f"/api/tasks/{task['id']}", json={"title": title}))
            else:
                message = f"Change task {task['id']} to '{title}'"
                replies.append(clients[0].post("/api/chat", json={"message": message}))
        return [reply.status_code for reply in replies]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(change, range(2))) == [[200] * 8] * 2
    [left] = user.client.get("/api/tasks").json()["tasks"]
    assert left["title"] in ("0-7", "1-7")
    assert (left["id"], left["description"], left["completed"]) == (task["id"], "kept", False)


def test_parallel_deletions_of_one_task_delete_it_once(backend: Backend, user: User) -> None:
    user.task("only one")
    clients = [backend.client(user.token) for _ in range(4)]
    body = {"message": "Delete the 'only one' task"}
    with ThreadPoolExecutor(4) as pool:
        answers = [reply.json() for reply in pool.map(lambda client: client.post("/api/chat", json=body), clients)]
    done = [each for answer in answers for each in answer["tool_invocations"] if each["tool_name"] == "delete_task"]
    assert len([each for each in done if "error" not in each["result"]]) == 1
    assert user.titles() == []


def test_message_is_stored_before_the_model_answers(scripted_user: User, model: Model) -> None:
    seen: list[dict[str, Any]] = []

    def look() -> None:
        [conversation] = scripted_user.client.get("/api/conversations").json()["conversations"]
        seen.extend(scripted_user.messages(conversation["id"]))

    model.will(says("Hello.", before=look))
    scripted_user.chat("Are you there?")
    assert [(each["role"], each["status"], each["content"]) for each in seen] == [("user", "pending", "Are you there?")]


def test_effect_of_a_tool_is_recorded_before_the_turn_ends(scripted_user: User, model: Model) -> None:
    seen: list[dict[str, Any]] = []

    def look() -> None:
        [conversation] = scripted_user.client.get("/api/conversations").json()["conversations"]
        seen.extend(scripted_user.messages(conversation["id"]))

    model.will(says(calls("add_task", title="run")), says("Done.", before=look))
    conversation = scripted_user.chat("I want to run")["conversation_id"]
    assert [each["tool_name"] for each in seen[0]["tool_invocations"]] == ["add_task"]
    said, answered = scripted_user.messages(conversation)
    assert said["tool_invocations"] is None
    assert answered["tool_invocations"] == seen[0]["tool_invocations"]


def test_a_conversation_that_stays_busy_is_a_conflict(scripted_user: User, model: Model, database_url: str) -> None:
    model.will(says("Hello."))
    conversation = scripted_user.chat("Hello!")["conversation_id"]
    execute(
        database_url,
        "UPDATE conversations SET lease_id = gen_random_uuid(), lease_until = now() + interval '1 h' WHERE id = %s",
        conversation,
    )
    started = time.monotonic()
    reply = say(scripted_user, "And now?", conversation)
    assert 3 < time.monotonic() - started < 12
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "CONFLICT")
    assert len(scripted_user.messages(conversation)) == 2


def test_the_next_turn_waits_for_the_lease_and_closes_a_turn_that_was_left(
    scripted_user: User, model: Model, database_url: str
) -> None:
    model.will(says("Hello."))
    conversation = scripted_user.chat("Hello!")["conversation_id"]
    record = (
        '[{"tool_name": "add_task", "parameters": {"title": "run"}, "timestamp": "2026-11-23T12:00:00Z",'
        ' "result": {"task_id": "x", "status": "created", "title": "run"}}]'
    )
    execute(
        database_url,
        "INSERT INTO messages (conversation_id, role, content, status, tool_invocations) "
        "VALUES (%s, 'user', 'left', 'pending', %s)",
        conversation,
        record,
    )
    execute(
        database_url,
        "UPDATE conversations SET lease_id = gen_random_uuid(), lease_until = now() + interval '1 s' WHERE id = %s",
        conversation,
    )
    assert scripted_user.messages(conversation)[2]["status"] == "pending"
    scripted_user.chat("And now?", conversation)
    shown = [(each["role"], each["status"], each["content"]) for each in scripted_user.messages(conversation)]
    assert shown == [
        ("user", "ok", "Hello!"),
        ("assistant", "ok", "Hello."),
        ("user", "failed", "left"),
        ("assistant", "failed", "I could not finish my answer. Done so far: added “run”."),
        ("user", "ok", "And now?"),
        ("assistant", "ok", "Hello."),
    ]


def test_a_pending_message_without_a_lease_counts_as_failed(
    scripted_user: User, model: Model, database_url: str
) -> None:
    model.will(says("Hello."))
    conversation = scripted_user.chat("Hello!")["conversation_id"]
    execute(
        database_url,
        "INSERT INTO messages (conversation_id, role, content, status) VALUES (%s, 'user', 'left', 'pending')",
        conversation,
    )
    assert [each["status"] for each in scripted_user.messages(conversation)] == ["ok", "ok", "failed"]


def test_a_turn_that_lost_its_lease_does_nothing_any_more(scripted_user: User, model: Model, database_url: str) -> None:
    model.will(says("Hello."))
    conversation = scripted_user.chat("Hello!")["conversation_id"]

    def lose() -> None:
        execute(database_url, "UPDATE conversations SET lease_id = %s WHERE id = %s", uuid4(), conversation)

    model.will(says(calls("add_task", title="too late"), before=lose))
    reply = say(scripted_user, "Please wait", conversation)
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "AI_AGENT_TIMEOUT")
    assert scripted_user.titles() == []
    assert [each["status"] for each in scripted_user.messages(conversation)] == ["ok", "ok", "pending"]


def test_a_conversation_that_is_deleted_during_a_turn(scripted_user: User, model: Model) -> None:
    model.will(says("Hello."))
    conversation = scripted_user.chat("Hello!")["conversation_id"]

    def delete() -> None:
        assert scripted_user.client.delete(f"/api/conversations/{conversation}").status_code == 204

    for reply in (says("Gone.", before=delete), says(calls("add_task", title="too late"), before=delete)):
        model.will(says("Hello."))
        conversation = scripted_user.chat("Hello!")["conversation_id"]
        model.will(reply)
        answer = say(scripted_user, "Please wait", conversation)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert scripted_user.titles() == []


def test_an_account_that_is_gone_has_no_chat(scripted_user: User, model: Model, database_url: str) -> None:
    model.will(says("Hello."))
    execute(database_url, "DELETE FROM users WHERE id = %s", scripted_user.id)
    reply = say(scripted_user, "Hello!")
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert model.requests == []


@pytest.mark.parametrize("repeated", ["list_tasks", "add_task"])
def test_the_limit_of_rounds_ends_a_turn_with_what_was_done(scripted_user: User, model: Model, repeated: str) -> None:
    model.will(says(calls(repeated, **({"title": "run"} if repeated == "add_task" else {}))))
    answer = scripted_user.chat("on and on")
    assert len(model.requests) == len(answer["tool_invocations"]) == 3
    told = " Done so far: added “run”, added “run”, added “run”." if repeated == "add_task" else ""
    assert answer["content"] == f"I stopped here, because this takes more steps than I may do at once.{told}"
    # The model sees the end of the turn as its own words, so that the next turn has a valid history.
    model.will(says("Yes?"))
    scripted_user.chat("Hello!", answer["conversation_id"])
    roles = [content["role"] for content in model.requests[0]["body"]["contents"]]
    assert roles == ["user", *["model", "user"] * 3, "model", "user"]


def test_database_that_is_lost_during_a_turn(scripted_user: User, model: Model, database_url: str) -> None:
    name = database_url.removeprefix("postgresql://postgres@/").partition("?")[0]

    def cut() -> None:
        with psycopg.connect(database_url.replace(name, "postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    model.will(says(calls("add_task", title="run"), before=cut), says("Done."))
    answer = scripted_user.chat("I want to run")
    assert [each["tool_name"] for each in answer["tool_invocations"]] == ["add_task"]
