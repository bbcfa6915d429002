"""The Gemini dialect on the wire, where no client library stands between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.gemini_emulator.task_tools import SCHEMAS
from tests.app.gemini_emulator.wire import DECLARATIONS, GENERATE, MODEL, STREAM, asked, refused

if TYPE_CHECKING:
    import httpx


def test_names_may_be_in_either_case(http: httpx.Client) -> None:
    camel = asked(
        "add buy milk",
        systemInstruction={"parts": [{"text": "Be brief."}]},
        tools=[{"functionDeclarations": DECLARATIONS}],
        toolConfig={"functionCallingConfig": {"mode": "AUTO"}},
        generationConfig={"maxOutputTokens": 1024, "thinkingConfig": {"thinkingLevel": "LOW"}},
    )
    snake = asked(
        "add buy milk",
        system_instruction={"parts": [{"text": "Be brief."}]},
        tools=[{"function_declarations": [{"name": name, "parameters_json_schema": {}} for name in SCHEMAS]}],
        tool_config={"function_calling_config": {"mode": "auto"}},
        generation_config={"max_output_tokens": 1024, "thinking_config": {"thinking_level": "low"}},
    )
    parts = [http.post(GENERATE, json=body).json()["candidates"][0]["content"]["parts"] for body in (camel, snake)]
    assert parts[0] == parts[1]
    [part] = parts[0]
    assert set(part) == {"functionCall", "thoughtSignature"}
    assert set(part["functionCall"]) == {"id", "name", "args"}


def test_answers_are_the_same_each_time(http: httpx.Client) -> None:
    body = asked("add buy milk", tools=[{"functionDeclarations": DECLARATIONS}])
    one, other = (http.post(GENERATE, json=body).json()["candidates"] for _ in range(2))
    assert one == other


def test_a_call_without_arguments_has_no_args(http: httpx.Client) -> None:
    body = asked(
        "Hello!",
        tools=[{"functionDeclarations": [{"name": "ping"}]}],
        toolConfig={"functionCallingConfig": {"mode": "ANY"}},
    )
    reply = http.post(GENERATE, json=body).json()
    assert set(reply["candidates"][0]["content"]["parts"][0]["functionCall"]) == {"id", "name"}


def test_a_demanded_call_gets_the_arguments_that_its_schema_requires(http: httpx.Client) -> None:
    properties = {
        "text": {"type": "STRING"},
        "number": {"type": "integer"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "names": {"type": "ARRAY", "items": {"type": "STRING"}},
        "rest": {"type": "object"},
        "optional": {"type": "boolean"},
    }
    parameters = {"type": "OBJECT", "properties": properties, "required": ["text", "number", "kind", "names", "rest"]}
    body = asked(
        "Hello!",
        tools=[{"functionDeclarations": [{"name": "any", "parameters": parameters}]}],
        toolConfig={"functionCallingConfig": {"mode": "ANY"}},
    )
    [part] = http.post(GENERATE, json=body).json()["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["args"] == {"text": "Hello!", "number": 1, "kind": "a", "names": [], "rest": {}}


def test_a_stream_is_events_with_a_blank_line_each_and_no_end_mark(http: httpx.Client) -> None:
    reply = http.post(f"{STREAM}?alt=sse", json=asked("thanks"))
    assert reply.headers["content-type"].startswith("text/event-stream")
    *events, rest = reply.text.split("\r\n\r\n")
    assert rest == ""
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert "".join(chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in chunks) == "You're welcome!"


def test_a_blocked_stream_is_one_event(http: httpx.Client) -> None:
    reply = http.post(f"{STREAM}?alt=sse", json=asked("Hello! x-emu-fault: blocked"))
    [event] = reply.text.split("\r\n\r\n")[:-1]
    assert json.loads(event.removeprefix("data: "))["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}


def test_a_stream_without_events_is_one_array(http: httpx.Client) -> None:
    chunks = http.post(STREAM, json=asked("thanks")).json()
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks] == [None, "STOP"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Invalid value at 'contents'"),
        ({"contents": []}, "Invalid value at 'contents'"),
        ({"contents": [{"role": "user", "parts": []}]}, "contents[0].parts"),
        ({"contents": [{"role": "robot", "parts": [{"text": "x"}]}]}, "contents[0].role"),
        ({"contents": [{"parts": [{}]}]}, "required oneof field 'data'"),
        ({"contents": [{"parts": [{"text": "x", "functionCall": {"name": "a"}}]}]}, "required oneof field 'data'"),
        ({"contents": [{"parts": [{"text": "x", "thoughtSignature": "?"}]}]}, "Base64 decoding failed"),
        (asked("x", contentz=[]), 'Unknown name "contentz"'),
        ({"contents": [{"parts": [{"txt": "x"}]}]}, "at 'contents[0].parts[0]'"),
        (asked("x", tools=[{"googleSearch": {}}]), "tools[0]"),
        (asked("x", tools=[{"functionDeclarations": [{"name": "1a"}]}]), "name"),
        (asked("x", tools=[{"functionDeclarations": [{"name": "a"}, {"name": "a"}]}]), "Duplicate function"),
        (
            asked("x", tools=[{"functionDeclarations": [{"name": "a", "parameters": {}, "parametersJsonSchema": {}}]}]),
            "must not both be set",
        ),
        (
            asked(
                "x",
                tools=[
                    {"functionDeclarations": [{"name": "a", "parameters": {"properties": {"b": {"type": "text"}}}}]}
                ],
            ),
            "unknown type 'text'",
        ),
        (asked("x", toolConfig={"functionCallingConfig": {"mode": "ANY"}}), "no function is declared"),
        (asked("x", toolConfig={"functionCallingConfig": {"mode": "SOME"}}), "mode"),
        (
            asked("x", toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a"]}}),
            "not declared",
        ),
        (
            asked(
                "x",
                tools=[{"functionDeclarations": [{"name": "a"}]}],
                toolConfig={"functionCallingConfig": {"allowedFunctionNames": ["a"]}},
            ),
            "modes ANY and VALIDATED",
        ),
        (
            asked("x", generationConfig={"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 1}}),
            "only set one of",
        ),
        (asked("x", generationConfig={"maxOutputTokens": 0}), "maxOutputTokens"),
        ({"contents": [{"role": "model", "parts": [{"text": "x"}]}]}, "end with a user role"),
        (
            {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "a"}}]}]},
            "function call turn comes immediately after",
        ),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": "a", "response": {}}}]}]},
            "function response turn comes immediately after",
        ),
        (
            asked("x x-emu-fault: nonsense"),
            "KIND[:NUMBER][*TIMES][@ROUND]",
        ),
    ],
)
def test_bad_requests_get_one_clear_sentence(http: httpx.Client, body: dict[str, Any], message: str) -> None:
    assert message in refused(http.post(GENERATE, json=body))


def test_a_signature_that_was_never_given_is_refused(http: httpx.Client) -> None:
    body = asked("Add 'a' and 'b'", tools=[{"functionDeclarations": DECLARATIONS}])
    content = http.post(GENERATE, json=body).json()["candidates"][0]["content"]
    content["parts"][1]["thoughtSignature"] = content["parts"][0]["thoughtSignature"]
    results = [
        {"functionResponse": {"id": part["functionCall"]["id"], "name": "add_task", "response": {}}}
        for part in content["parts"]
    ]
    body["contents"] += [content, {"role": "user", "parts": results}]
    assert "Corrupted thought signature" in refused(http.post(GENERATE, json=body))


def test_a_level_of_thinking_is_not_for_older_models(http: httpx.Client) -> None:
    body = asked("x", generationConfig={"thinkingConfig": {"thinkingLevel": "LOW"}})
    reply = http.post("/v1beta/models/gemini-2.5-flash:generateContent", json=body)
    assert "Thinking level is not supported" in refused(reply)


def test_pages_of_models(http: httpx.Client) -> None:
    first = http.get("/v1beta/models?pageSize=3").json()
    second = http.get(f"/v1beta/models?page_size=3&page_token={first['nextPageToken']}").json()
    assert len(first["models"]) == len(second["models"]) == 3
    assert first["models"] != second["models"]
    assert "page_size" in refused(http.get("/v1beta/models?pageSize=many"))


def test_tokens_of_a_whole_request(http: httpx.Client) -> None:
    body = {"generateContentRequest": {"model": f"models/{MODEL}", **asked("milk")}}
    assert http.post(f"/v1beta/models/{MODEL}:countTokens", json=body).json()["totalTokens"] > 0
    assert "contents is not specified" in refused(http.post(f"/v1beta/models/{MODEL}:countTokens", json={}))


def test_an_empty_answer_has_a_candidate_without_parts(http: httpx.Client) -> None:
    reply = http.post(GENERATE, json=asked("Hello! x-emu-fault: empty")).json()
    assert reply["candidates"] == [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}]
