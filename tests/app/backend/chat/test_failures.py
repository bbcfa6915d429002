"""Each way in which the model can let a turn down, and the answer to it. Faults are asked for in the user's words."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from gemini_emulator.config import Settings as EmulatorSettings
from gemini_emulator.server import running_emulator

from tests.app.backend.chat.conftest import Scripted, calls, says
from tests.app.backend.conftest import MODEL_KEY

if TYPE_CHECKING:
    import httpx
    from gemini_emulator.server import Emulator

    from tests.app.backend.chat.conftest import Model
    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend, User

REFUSAL = "I'm sorry, I can't help with that."


def say(user: User, message: str, conversation_id: str | None = None) -> httpx.Response:
    return user.client.post("/api/chat", json={"message": message, "conversation_id": conversation_id})


def statuses(user: User, conversation_id: str) -> list[tuple[str, str]]:
    return [(message["role"], message["status"]) for message in user.messages(conversation_id)]


def the_conversation(user: User) -> str:
    [conversation] = user.client.get("/api/conversations").json()["conversations"]
    return str(conversation["id"])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429:0.1", 429, "AI_QUOTA_EXCEEDED"),
        ("503", 502, "AI_AGENT_ERROR"),
        ("403", 503, "AI_NOT_CONFIGURED"),
        ("400", 502, "AI_AGENT_ERROR"),
        ("404", 502, "AI_AGENT_ERROR"),
        ("500", 502, "AI_AGENT_ERROR"),
        ("504", 504, "AI_AGENT_TIMEOUT"),
        ("malformed", 502, "AI_AGENT_ERROR"),
        ("max-tokens", 502, "AI_AGENT_ERROR"),
        ("empty", 502, "AI_AGENT_ERROR"),
        ("not-json", 502, "AI_AGENT_ERROR"),
    ],
)
def test_failure_of_the_model_has_its_code_and_keeps_the_message(
    user: User, fault: str, status: int, code: str
) -> None:
    reply = say(user, f"Add a task to run x-emu-fault: {fault}")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (status, code)
    conversation = the_conversation(user)
    assert error["details"] == [{"field": "conversation_id", "message": conversation}]
    assert statuses(user, conversation) == [("user", "failed")]
    assert user.titles() == []
    if status == 429:
        assert reply.headers["Retry-After"] == "1"
    # The conversation goes on, and the model never hears of the turn that failed.
    answer = user.chat("Add a task to rest", conversation)
    assert "rest" in answer["content"]
    assert statuses(user, conversation) == [("user", "failed"), ("user", "ok"), ("assistant", "ok")]


@pytest.mark.parametrize("fault", ["429:0.1*1", "503*1", "malformed*1"])
def test_one_retry_helps(user: User, fault: str) -> None:
    answer = user.chat(f"Add a task to run x-emu-fault: {fault}")
    assert user.titles() == ["run"]
    assert statuses(user, answer["conversation_id"]) == [("user", "ok"), ("assistant", "ok")]


@pytest.mark.parametrize("fault", ["blocked", "safety"])
def test_refusal_of_the_model_is_a_polite_answer_and_is_not_repeated(
    user: User, emulator: Emulator, fault: str
) -> None:
    answer = user.chat(f"Tell me a secret x-emu-fault: {fault}")
    assert answer["content"].startswith(REFUSAL)
    assert answer["tool_invocations"] is None
    emulator.requests.clear()
    user.chat("Hello!", answer["conversation_id"])
    [sent] = emulator.requests.entries()
    assert [content["parts"][0]["text"] for content in json.loads(sent.body)["contents"]] == ["Hello!"]


def test_the_wait_that_the_model_asks_for_must_fit_into_the_time(user: User) -> None:
    started = time.monotonic()
    reply = say(user, "Add a task to run x-emu-fault: 429:61.2")
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "AI_QUOTA_EXCEEDED")
    assert reply.headers["Retry-After"] == "62"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("fault", ["500@2", "503@2", "empty@2", "not-json@2"])
def test_what_was_done_before_a_failure_is_told(user: User, fault: str) -> None:
    reply = say(user, f"Add a task to run x-emu-fault: {fault}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "AI_AGENT_ERROR")
    assert user.titles() == ["run"]
    said, told = user.messages(the_conversation(user))
    assert (said["role"], said["status"], said["tool_invocations"]) == ("user", "failed", None)
    assert (told["role"], told["status"]) == ("assistant", "failed")
    assert told["content"] == "I could not finish my answer. Done so far: added “run”."
    assert [each["tool_name"] for each in told["tool_invocations"]] == ["add_task"]


def test_what_was_done_before_a_refusal_is_told(user: User) -> None:
    answer = user.chat("Add a task to run x-emu-fault: safety@2")
    assert answer["content"].startswith(REFUSAL)
    assert answer["content"].endswith("Done so far: added “run”.")
    assert user.titles() == ["run"]


def test_only_reading_leaves_nothing_to_tell(user: User) -> None:
    assert say(user, "Show me all my tasks x-emu-fault: 500@2").status_code == 502
    assert statuses(user, the_conversation(user)) == [("user", "failed")]


def backend_with(url: str, settings_for: SettingsFor, database_url: str, **variables: str) -> Any:
    return settings_for(database_url, **{"GEMINI_API_KEY": MODEL_KEY, "GEMINI_BASE_URL": url, **variables})


def test_key_that_the_model_refuses(database_url: str, settings_for: SettingsFor, start_backend: StartBackend) -> None:
    with (
        running_emulator(EmulatorSettings(expected_api_key="another-key")) as emulator,
        start_backend(backend_with(emulator.url, settings_for, database_url)) as backend,
    ):
        reply = say(backend.user(), "Hello!")
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "AI_NOT_CONFIGURED")


def test_without_a_key_the_chat_is_off_and_stores_nothing(
    database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    with start_backend(settings_for(database_url, GEMINI_API_KEY="")) as backend:
        user = backend.user()
        for path in ("/api/chat", f"/api/{user.id}/chat"):
            reply = user.client.post(path, json={"message": "Hello!"})
            assert (reply.status_code, reply.json()["error"]["code"]) == (503, "AI_NOT_CONFIGURED")
        assert user.client.get("/api/conversations").json() == {"conversations": [], "total": 0}
        assert user.task()["title"] == "buy milk"


def test_model_that_is_not_there(database_url: str, settings_for: SettingsFor, start_backend: StartBackend) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with start_backend(backend_with(url, settings_for, database_url)) as backend:
            user = backend.user()
            reply = say(user, "Hello!")
            assert (reply.status_code, reply.json()["error"]["code"]) == (502, "AI_AGENT_ERROR")
            assert 'model_calls_total{status="unreachable"} 1' in user.client.get("/metrics").text


def test_slow_model_ends_at_the_deadline(
    emulator: Emulator, database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    settings = backend_with(emulator.url, settings_for, database_url, CHAT_DEADLINE_S="1")
    with start_backend(settings) as backend:
        user = backend.user()
        started = time.monotonic()
        reply = say(user, "Add a task to run x-emu-fault: slow:60@2")
        assert 1 <= time.monotonic() - started < 10
        assert (reply.status_code, reply.json()["error"]["code"]) == (504, "AI_AGENT_TIMEOUT")
        assert statuses(user, the_conversation(user)) == [("user", "failed"), ("assistant", "failed")]
        metrics = user.client.get("/metrics").text
    assert 'chat_turns_total{outcome="timeout"} 1' in metrics
    assert 'model_calls_total{status="200"} 1' in metrics
    assert 'model_calls_total{status="timeout"} 1' in metrics


def test_all_rounds_share_one_deadline(scripted_user: User, model: Model) -> None:
    # Three rounds of 1.6 s each do not fit into 4 s.
    model.will(says(calls("list_tasks"), before=lambda: time.sleep(1.6)))
    reply = say(scripted_user, "again and again")
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "AI_AGENT_TIMEOUT")


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (says("partly", finish="MAX_TOKENS"), 200),
        (says("something", finish="A_REASON_OF_TOMORROW"), 200),
        (says(finish="A_REASON_OF_TOMORROW"), 502),
        (says({"text": "thinking", "thought": True}), 502),
        (says("yes", finish="SAFETY"), 200),
        (says(finish="RECITATION"), 200),
        (Scripted(b"[]"), 502),
        (Scripted(b'{"candidates": [{"content": {"parts": [{"text": 5}]}}]}'), 502),
        (Scripted(b"<html>", status=302, headers={"Location": "http://127.0.0.1:1/"}), 502),
        (Scripted(b"<html>", status=400), 502),
        (Scripted({"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, status=400), 503),
        (Scripted({"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, status=500), 502),
        (Scripted(b"", status=401), 502),
    ],
)
def test_replies_that_the_emulator_never_gives(scripted_user: User, model: Model, reply: Scripted, status: int) -> None:
    model.will(reply)
    assert say(scripted_user, "Hello!").status_code == status
    assert len(model.requests) == 1


def test_retry_after_as_a_header_counts_too(scripted_user: User, model: Model) -> None:
    model.will(Scripted(b"", status=429, headers={"Retry-After": "7"}))
    reply = say(scripted_user, "Hello!")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
    assert len(model.requests) == 1


def test_text_that_the_database_cannot_store_is_replaced(scripted_user: User, model: Model) -> None:
    model.will(says(calls("add_task", title="a\0b", description="\ud800")), says("nul \0 and surrogate \ud800"))
    answer = scripted_user.chat("Hello!")
    assert answer["content"] == "nul \N{REPLACEMENT CHARACTER} and surrogate \N{REPLACEMENT CHARACTER}"
    assert scripted_user.titles() == ["a\N{REPLACEMENT CHARACTER}b"]
    assert scripted_user.messages(answer["conversation_id"])[1]["content"] == answer["content"]


def test_outcomes_are_counted(backend: Backend, user: User) -> None:
    def counted(outcome: str) -> float:
        marker = f'chat_turns_total{{outcome="{outcome}"}} '
        lines = backend.client().get("/metrics").text.splitlines()
        return next((float(line.removeprefix(marker)) for line in lines if line.startswith(marker)), 0.0)

    before = counted("ok"), counted("unusable")
    user.chat("Hello!")
    say(user, "Hello! x-emu-fault: 500")
    assert (counted("ok"), counted("unusable")) == (before[0] + 1, before[1] + 1)
