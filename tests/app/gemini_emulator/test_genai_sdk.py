"""Contract: Google's own SDK works with the emulator as it does with the API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from google import genai
from google.genai import errors, types

from tests.app.gemini_emulator.genai_client import MODEL, configured, connect, content_of, responses_to, user
from tests.app.gemini_emulator.task_tools import TaskTools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gemini_emulator.server import Emulator


@pytest.fixture(scope="session", params=["v1", "v1beta"])
def versioned_client(shared_emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    client = connect(shared_emulator, api_version=request.param)
    yield client
    client.close()


def test_text(versioned_client: genai.Client, emulator: Emulator) -> None:
    response = versioned_client.models.generate_content(model=MODEL, contents="Hello!")
    assert response.text
    assert response.text.startswith("Hello")
    assert response.candidates
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert response.model_version == MODEL
    assert response.response_id
    usage = response.usage_metadata
    assert usage
    assert usage.total_token_count == (usage.prompt_token_count or 0) + (usage.candidates_token_count or 0)
    [logged] = emulator.requests.entries()
    assert logged.headers["x-goog-api-key"] == "[redacted]"
    assert "a-key-for-tests" not in repr(logged)


def test_one_call(client: genai.Client) -> None:
    response = client.models.generate_content(
        model=MODEL,
        contents="add buy milk",
        config=configured(
            max_output_tokens=1024, thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)
        ),
    )
    assert response.function_calls
    [call] = response.function_calls
    assert (call.name, call.args) == ("add_task", {"title": "buy milk"})
    assert call.id
    [part] = content_of(response).parts or []
    assert part.thought_signature


def test_parallel_calls_and_their_round_trip(client: genai.Client) -> None:
    config, question = configured(), user("Add 'buy milk' and 'pay bills'")
    response = client.models.generate_content(model=MODEL, contents=[question], config=config)
    calls = response.function_calls or []
    assert [call.args for call in calls] == [{"title": "buy milk"}, {"title": "pay bills"}]
    assert len({call.id for call in calls}) == 2
    first, second = content_of(response).parts or []
    assert first.thought_signature
    assert second.thought_signature is None
    tools = TaskTools()
    last = client.models.generate_content(
        model=MODEL, contents=[question, content_of(response), responses_to(calls, tools)], config=config
    )
    assert last.text
    assert "buy milk" in last.text
    assert "pay bills" in last.text
    assert tools.titles == ["buy milk", "pay bills"]


@pytest.mark.parametrize("role", ["user", "tool", "function"])
def test_results_come_in_any_role(client: genai.Client, role: str) -> None:
    question = user("add buy milk")
    response = client.models.generate_content(model=MODEL, contents=[question], config=configured())
    back = responses_to(response.function_calls or [], TaskTools(), role)
    last = client.models.generate_content(
        model=MODEL, contents=[question, content_of(response), back], config=configured()
    )
    assert last.text == 'I added "buy milk" to your tasks.'


def test_streaming_text(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model=MODEL, contents="Hello!"))
    assert len(chunks) > 1
    whole = client.models.generate_content(model=MODEL, contents="Hello!")
    assert "".join(chunk.text or "" for chunk in chunks) == whole.text
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    assert reasons == [None] * (len(chunks) - 1) + [types.FinishReason.STOP]


def test_streaming_calls(client: genai.Client) -> None:
    stream = client.models.generate_content_stream(
        model=MODEL, contents="Add 'buy milk' and 'pay bills'", config=configured()
    )
    parts = [part for chunk in stream for part in content_of(chunk).parts or []]
    assert [part.function_call.args for part in parts if part.function_call] == [
        {"title": "buy milk"},
        {"title": "pay bills"},
    ]
    assert parts[0].thought_signature


def test_the_sdk_calls_functions_by_itself(client: genai.Client) -> None:
    titles = []

    def add_task(title: str) -> dict[str, str]:
        """Add a task."""
        titles.append(title)
        return {"status": "created", "title": title}

    # A model without ids: the SDK's own loop sends results back without the ids of their calls.
    response = client.models.generate_content(
        model="gemini-3.1-flash-lite", contents="add buy milk", config=types.GenerateContentConfig(tools=[add_task])
    )
    assert titles == ["buy milk"]
    assert response.text == 'I added "buy milk" to your tasks.'


# The SDK takes aiohttp where it is installed, and aiohttp does not like how.
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_asynchronous_client(emulator: Emulator) -> None:
    async def ask() -> str:
        client = connect(emulator)
        async with client.aio as connection:
            response = await connection.models.generate_content(model=MODEL, contents="thanks")
            return response.text or ""

    assert asyncio.run(ask()) == "You're welcome!"


def test_models_are_listed_in_pages(client: genai.Client) -> None:
    names = [model.name for model in client.models.list(config=types.ListModelsConfig(page_size=2))]
    assert f"models/{MODEL}" in names
    assert len(names) == len(set(names)) > 2
    model = client.models.get(model=MODEL)
    assert model.name == f"models/{MODEL}"
    assert model.input_token_limit
    assert "generateContent" in (model.supported_actions or [])


def test_tokens_are_counted(client: genai.Client) -> None:
    short = client.models.count_tokens(model=MODEL, contents="milk").total_tokens or 0
    long = client.models.count_tokens(model=MODEL, contents="milk " * 100).total_tokens or 0
    assert 0 < short < long - 100


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("400", 400, "INVALID_ARGUMENT"),
        ("403", 403, "PERMISSION_DENIED"),
        ("404", 404, "NOT_FOUND"),
        ("429", 429, "RESOURCE_EXHAUSTED"),
    ],
)
def test_faults_of_the_client(client: genai.Client, kind: str, code: int, status: str) -> None:
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=MODEL, contents=f"Hello! x-emu-fault: {kind}")
    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [("500", 500, "INTERNAL"), ("503", 503, "UNAVAILABLE"), ("504", 504, "DEADLINE_EXCEEDED")],
)
def test_faults_of_the_server(client: genai.Client, kind: str, code: int, status: str) -> None:
    stream = types.GenerateContentConfig(http_options=types.HttpOptions(headers={"x-emu-fault": kind}))
    with pytest.raises(errors.ServerError) as refused:
        client.models.generate_content(model=MODEL, contents="Hello!", config=stream)
    assert (refused.value.code, refused.value.status) == (code, status)
    with pytest.raises(errors.ServerError):
        list(client.models.generate_content_stream(model=MODEL, contents="Hello!", config=stream))


def test_a_quota_says_when_to_ask_again(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=MODEL, contents="Hello! x-emu-fault: 429:17")
    details = refused.value.details["error"]["details"]
    assert [each["retryDelay"] for each in details if each["@type"].endswith("google.rpc.RetryInfo")] == ["17s"]


def test_a_retry_of_the_sdk_gets_through(emulator: Emulator) -> None:
    client = connect(emulator, retry_options=types.HttpRetryOptions(attempts=2, initial_delay=0.01))
    response = client.models.generate_content(model=MODEL, contents="thanks x-emu-fault: 503*1")
    assert response.text == "You're welcome!"
    assert len(emulator.requests.entries()) == 2
    client.close()


@pytest.mark.parametrize(
    ("kind", "reason"), [("malformed", "MALFORMED_FUNCTION_CALL"), ("max-tokens", "MAX_TOKENS"), ("safety", "SAFETY")]
)
def test_finish_reasons(client: genai.Client, kind: str, reason: str) -> None:
    response = client.models.generate_content(model=MODEL, contents=f"add buy milk x-emu-fault: {kind}")
    assert response.candidates
    assert response.candidates[0].finish_reason == types.FinishReason(reason)
    assert not response.candidates[0].content or not response.candidates[0].content.parts


def test_a_blocked_prompt_has_no_candidates(client: genai.Client) -> None:
    response = client.models.generate_content(model=MODEL, contents="add buy milk x-emu-fault: blocked")
    assert not response.candidates
    assert response.prompt_feedback
    assert response.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


def test_an_answer_ends_at_the_limit_of_tokens(client: genai.Client) -> None:
    config = types.GenerateContentConfig(max_output_tokens=3)
    response = client.models.generate_content(model=MODEL, contents="Hello!", config=config)
    assert response.candidates
    assert response.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert len(response.text or "") == 12


def test_thoughts_come_only_when_asked_for(client: genai.Client) -> None:
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    thought, text = (
        content_of(client.models.generate_content(model=MODEL, contents="thanks", config=config)).parts or []
    )
    assert thought.thought
    assert text.text == "You're welcome!"


def test_a_wrong_key_is_named_as_the_reason(emulator: Emulator) -> None:
    client = genai.Client(api_key=" ", http_options=types.HttpOptions(base_url=emulator.url))
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=MODEL, contents="Hello!")
    assert refused.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    client.close()


def test_an_unknown_model_is_not_found(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="gemini-9-nothing", contents="Hello!")
    assert refused.value.code == 404


@pytest.mark.parametrize(
    ("mode", "allowed", "called"),
    [
        ("AUTO", None, None),
        ("NONE", None, None),
        ("ANY", None, "add_task"),
        ("ANY", ["complete_task"], "complete_task"),
        ("VALIDATED", ["add_task"], None),
    ],
)
def test_modes_with_small_talk(client: genai.Client, mode: str, allowed: list[str] | None, called: str | None) -> None:
    response = client.models.generate_content(model=MODEL, contents="Hello!", config=configured(mode, allowed))
    assert [call.name for call in response.function_calls or []] == ([called] if called else [])


@pytest.mark.parametrize(
    ("mode", "allowed", "called"),
    [("NONE", None, None), ("ANY", ["list_tasks"], "list_tasks"), ("VALIDATED", ["list_tasks"], None)],
)
def test_modes_hold_back_what_is_not_allowed(
    client: genai.Client, mode: str, allowed: list[str] | None, called: str | None
) -> None:
    response = client.models.generate_content(model=MODEL, contents="add buy milk", config=configured(mode, allowed))
    assert [call.name for call in response.function_calls or []] == ([called] if called else [])
