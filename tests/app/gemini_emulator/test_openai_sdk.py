"""Contract: the ``openai`` package works with the emulator's second dialect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from openai.types.chat import (
    ChatCompletionMessage,
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from tests.app.gemini_emulator.task_tools import SCHEMAS, TaskTools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gemini_emulator.server import Emulator

MODEL = "gemini-3.5-flash-lite"
TOOLS: list[ChatCompletionToolParam] = [
    {"type": "function", "function": {"name": name, "description": "A tool.", "parameters": schema}}
    for name, schema in SCHEMAS.items()
]


@pytest.fixture(scope="session", params=["/v1beta/openai/", "/v1"])
def client(shared_emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        api_key="a-key-for-tests", base_url=shared_emulator.url + request.param, max_retries=0, timeout=10
    ) as client:
        yield client


def say(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": "You look after tasks."}, {"role": "user", "content": text}]


def calls_of(message: ChatCompletionMessage) -> list[ChatCompletionMessageFunctionToolCall]:
    return [call for call in message.tool_calls or [] if isinstance(call, ChatCompletionMessageFunctionToolCall)]


def results_of(message: ChatCompletionMessage, tools: TaskTools) -> list[ChatCompletionMessageParam]:
    return [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": json.dumps(tools.call(call.function.name, json.loads(call.function.arguments))),
        }
        for call in calls_of(message)
    ]


def back(message: ChatCompletionMessage) -> Any:
    """The message as the client keeps it, with what the provider added to the calls."""
    return message.model_dump(exclude_none=True)


def sentence(refused: pytest.ExceptionInfo[openai.APIStatusError]) -> str:
    """The message of a refusal: Google wraps it in an array, which the package does not look into."""
    [body] = refused.value.response.json()
    message: str = body["error"]["message"]
    return message


def test_text(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=say("thanks"), reasoning_effort="low")
    [choice] = completion.choices
    assert choice.message.content == "You're welcome!"
    assert choice.message.role == "assistant"
    assert choice.finish_reason == "stop"
    assert completion.object == "chat.completion"
    assert completion.model == MODEL
    assert completion.usage
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_calls_and_their_round_trip(client: openai.OpenAI) -> None:
    messages = say("Add 'buy milk' and 'pay bills'")
    choice = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    first, second = calls_of(choice.message)
    assert json.loads(first.function.arguments) == {"title": "buy milk"}
    assert first.id != second.id
    assert first.model_dump()["extra_content"]["google"]["thought_signature"]
    assert "extra_content" not in second.model_dump()
    tools = TaskTools()
    messages += [back(choice.message), *results_of(choice.message, tools)]
    last = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0]
    assert last.message.content == 'I added "buy milk" to your tasks.\nI added "pay bills" to your tasks.'
    assert tools.titles == ["buy milk", "pay bills"]


def test_a_turn_of_several_rounds(client: openai.OpenAI) -> None:
    tools, messages = TaskTools(["buy milk", "Team meeting"]), say("Delete the meeting task")
    for _ in range(3):
        message = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
        messages += [back(message), *results_of(message, tools)]
    assert message.content == 'I deleted "Team meeting".'
    assert [name for name, _ in tools.calls] == ["list_tasks", "delete_task"]


def test_streaming_text(client: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    with client.chat.completions.create(
        model=MODEL, messages=say("thanks"), stream=True, stream_options=options
    ) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "You're welcome!"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage
    assert chunks[-1].choices == []


def test_streaming_calls(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model=MODEL, messages=say("add buy milk"), tools=TOOLS) as stream:
        completion = stream.get_final_completion()
    [choice] = completion.choices
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls or []
    assert call.function.name == "add_task"
    assert json.loads(call.function.arguments) == {"title": "buy milk"}
    assert call.model_dump()["extra_content"]["google"]["thought_signature"]


def test_models(client: openai.OpenAI) -> None:
    models = list(client.models.list())
    assert f"models/{MODEL}" in [model.id for model in models]
    assert {model.owned_by for model in models} == {"google"}
    assert client.models.retrieve(MODEL).id == f"models/{MODEL}"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-nothing")


def test_a_lost_signature_is_refused(client: openai.OpenAI) -> None:
    messages = say("add buy milk")
    message = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
    sent = back(message)
    for call in sent["tool_calls"]:
        del call["extra_content"]
    messages += [sent, *results_of(message, TaskTools())]
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
    assert "missing a thought_signature" in sentence(refused)


def test_a_client_that_drops_signatures_may_use_the_model_without_them(client: openai.OpenAI) -> None:
    messages = say("add buy milk")
    message = client.chat.completions.create(model="fake", messages=messages, tools=TOOLS).choices[0].message
    [call] = calls_of(message)
    assert call.id
    assert "extra_content" not in call.model_dump()
    messages += [back(message), *results_of(message, TaskTools())]
    last = client.chat.completions.create(model="fake", messages=messages, tools=TOOLS).choices[0].message
    assert last.content == 'I added "buy milk" to your tasks.'


@pytest.mark.parametrize(
    ("spoiled", "message"), [("wrong id", "does not match functionCall"), ("missing result", "2 calls, 1 responses")]
)
def test_results_that_do_not_fit_are_refused(client: openai.OpenAI, spoiled: str, message: str) -> None:
    messages = say("Add 'buy milk' and 'pay bills'")
    called = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
    results: list[Any] = list(results_of(called, TaskTools()))
    if spoiled == "wrong id":
        results[0]["tool_call_id"] = "fc-other"
    else:
        results.pop()
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=[*messages, back(called), *results], tools=TOOLS)
    assert message in sentence(refused)


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("none", None),
        ("auto", None),
        ("required", "add_task"),
        ({"type": "function", "function": {"name": "list_tasks"}}, "list_tasks"),
    ],
)
def test_choice_of_tools_with_small_talk(client: openai.OpenAI, choice: Any, called: str | None) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=say("Hello!"), tools=TOOLS, tool_choice=choice)
    assert [call.function.name for call in calls_of(completion.choices[0].message)] == ([called] if called else [])


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("400", openai.BadRequestError),
        ("403", openai.PermissionDeniedError),
        ("429", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("503", openai.InternalServerError),
    ],
)
def test_faults(client: openai.OpenAI, kind: str, error: type[openai.APIStatusError]) -> None:
    with pytest.raises(error) as refused:
        client.chat.completions.create(model=MODEL, messages=say("Hello!"), extra_headers={"x-emu-fault": kind})
    assert refused.value.status_code == int(kind)
    [body] = refused.value.response.json()
    assert set(body["error"]) >= {"code", "message", "status"}


@pytest.mark.parametrize(
    ("kind", "finish"),
    [("blocked", "content_filter"), ("safety", "content_filter"), ("max-tokens", "length"), ("empty", "stop")],
)
def test_finish_reasons(client: openai.OpenAI, kind: str, finish: str) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=say(f"Hello! x-emu-fault: {kind}"))
    assert completion.choices[0].finish_reason == finish
    assert not completion.choices[0].message.content


def test_a_malformed_call_has_a_finish_reason_of_its_own(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=say("Hello! x-emu-fault: malformed"))
    assert completion.model_dump()["choices"][0]["finish_reason"] == "function_call_filter: MALFORMED_FUNCTION_CALL"


def test_the_limit_of_tokens(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=say("Hello!"), max_completion_tokens=2)
    assert completion.choices[0].finish_reason == "length"
    assert len(completion.choices[0].message.content or "") == 8


def test_arguments_that_are_no_json_are_refused(client: openai.OpenAI) -> None:
    call: Any = {"id": "fc-1", "type": "function", "function": {"name": "add_task", "arguments": "{"}}
    messages: list[Any] = [*say("add x"), {"role": "assistant", "tool_calls": [call]}]
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
    assert "not a JSON object" in sentence(refused)
