"""Requests and answers on the wire, where no client library stands between."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from gemini_emulator.api import BODY_LIMIT_BYTES
from gemini_emulator.config import Settings
from gemini_emulator.server import Emulator, running_emulator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.gemini_emulator.task_tools import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "gemini-3.5-flash-lite"
GENERATE = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent"
CHAT = "/v1/chat/completions"
KEY = {"x-goog-api-key": "a-key-for-tests"}
BEARER = {"Authorization": "Bearer a-key-for-tests"}


@pytest.fixture(scope="session")
def http(shared_emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shared_emulator.url, headers=KEY, timeout=10.0) as client:
        yield client


@pytest.fixture(scope="session")
def keyless(shared_emulator: Emulator) -> Iterator[httpx.Client]:
    """A client that has no key of its own; it asks other emulators too, by whole addresses."""
    with httpx.Client(base_url=shared_emulator.url, timeout=10.0) as client:
        yield client


def asked(text: str, **others: object) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **others}


def refused(reply: httpx.Response, code: int = 400) -> str:
    assert reply.status_code == code, reply.text
    error = reply.json()["error"]
    assert error["code"] == code
    message: str = error["message"]
    return message


DECLARATIONS = [{"name": name, "parametersJsonSchema": schema} for name, schema in SCHEMAS.items()]


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


def test_a_stream_of_the_other_dialect_ends_with_a_mark(http: httpx.Client) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "thanks"}], "stream": True}
    reply = http.post(CHAT, json=body, headers=BEARER)
    assert reply.text.endswith("data: [DONE]\n\n")
    assert all(line.startswith("data: ") for line in reply.text.split("\n\n")[:-1])


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


def test_messages_of_the_other_dialect_need_a_user(http: httpx.Client) -> None:
    body = {"model": MODEL, "messages": [{"role": "system", "content": [{"type": "text", "text": "x"}]}]}
    reply = http.post(CHAT, json=body, headers=BEARER)
    assert reply.status_code == 400
    assert "contents is not specified" in reply.text
    body["messages"] = [{"role": "user", "content": [{"type": "text", "text": "thanks"}, {"type": "image_url"}]}]
    assert http.post(CHAT, json=body, headers=BEARER).json()["choices"][0]["message"]["content"] == "You're welcome!"


def test_a_level_of_thinking_is_not_for_older_models(http: httpx.Client) -> None:
    body = asked("x", generationConfig={"thinkingConfig": {"thinkingLevel": "LOW"}})
    reply = http.post("/v1beta/models/gemini-2.5-flash:generateContent", json=body)
    assert "Thinking level is not supported" in refused(reply)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"contents": NaN}'])
@pytest.mark.parametrize("path", [GENERATE, CHAT])
def test_bodies_that_are_no_json_object(http: httpx.Client, path: str, body: bytes) -> None:
    reply = http.post(path, content=body, headers=BEARER)
    assert reply.status_code == 400


def test_a_body_over_the_limit_is_refused(http: httpx.Client) -> None:
    assert "exceeds the limit" in refused(http.post(GENERATE, content=b" " * (BODY_LIMIT_BYTES + 1)), 413)


@pytest.mark.parametrize(
    "path", ["/", "/v1beta/models/x:embedContent", "/v2/models", "/v1beta/tunedModels", "/v1beta/models/"]
)
def test_unknown_paths(http: httpx.Client, path: str) -> None:
    assert http.post(path, json={}).status_code in (404, 405)


def test_an_unknown_method_of_a_path(http: httpx.Client) -> None:
    refused(http.delete("/v1beta/models"), 405)


def test_a_key_in_the_query(keyless: httpx.Client, emulator: Emulator) -> None:
    reply = keyless.post(f"{GENERATE}?key=a-key-for-tests&alt=json", json=asked("thanks"), timeout=10.0)
    assert reply.status_code == 200
    [logged] = emulator.requests.entries()
    assert logged.query == "key=[redacted]&alt=json"


@pytest.mark.parametrize("path", [GENERATE, STREAM, f"/v1/models/{MODEL}:countTokens"])
def test_no_key(keyless: httpx.Client, path: str) -> None:
    reply = keyless.post(path, json=asked("x"), headers=BEARER)
    assert "API key not valid" in refused(reply)


def test_no_bearer_token(keyless: httpx.Client) -> None:
    reply = keyless.post(CHAT, json={}, headers=KEY)
    assert reply.status_code == 400
    [body] = reply.json()
    assert body["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_an_expected_key_is_compared(keyless: httpx.Client) -> None:
    with running_emulator(Settings(expected_api_key="the-right-one")) as emulator:
        for key, status in (("the-right-one", 200), ("another", 400), ("\u00fc", 400)):
            headers = [(b"x-goog-api-key", key.encode())]
            reply = keyless.post(emulator.url + GENERATE, json=asked("x"), headers=headers)
            assert reply.status_code == status


def test_the_kind_of_key_chooses_the_shape_of_the_list_of_models(http: httpx.Client, keyless: httpx.Client) -> None:
    assert "models" in http.get("/v1/models").json()
    bearer = keyless.get("/v1/models", headers=BEARER).json()
    assert bearer["object"] == "list"
    assert "models" in http.get("/v1beta/models?pageSize=3").json()
    assert keyless.get("/v1beta/models", headers=BEARER).status_code == 400


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


@pytest.mark.parametrize("path", [GENERATE, f"{STREAM}?alt=sse"])
def test_an_answer_that_is_no_json(http: httpx.Client, path: str) -> None:
    reply = http.post(path, json=asked("Hello!"), headers={"x-emu-fault": "not-json"})
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text.removeprefix("data: "))


def test_an_empty_answer_has_a_candidate_without_parts(http: httpx.Client) -> None:
    reply = http.post(GENERATE, json=asked("Hello! x-emu-fault: empty")).json()
    assert reply["candidates"] == [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}]


def test_a_slow_answer_comes_late(http: httpx.Client) -> None:
    started = time.monotonic()
    reply = http.post(GENERATE, json=asked("thanks x-emu-fault: slow:0.4"))
    assert reply.status_code == 200
    assert time.monotonic() - started >= 0.4


def test_a_slow_answer_does_not_hold_up_others_or_the_end(keyless: httpx.Client) -> None:
    statuses = []

    def ask(url: str) -> None:
        statuses.append(
            httpx.post(url + GENERATE, json=asked("x x-emu-fault: slow:60"), headers=KEY, timeout=30.0).status_code
        )

    started = time.monotonic()
    with running_emulator() as emulator:
        slow = threading.Thread(target=ask, args=(emulator.url,))
        slow.start()
        while not emulator.requests.entries():
            assert time.monotonic() - started < 20
            time.sleep(0.01)
        assert keyless.post(emulator.url + GENERATE, json=asked("x"), headers=KEY).status_code == 200
    slow.join(20)
    assert statuses == [503]
    assert time.monotonic() - started < 20


def test_a_client_that_gives_up_leaves_nothing_behind(http: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        http.post(GENERATE, json=asked("x x-emu-fault: slow:60"), timeout=0.2)
    assert http.post(GENERATE, json=asked("thanks")).status_code == 200


def test_the_log_of_requests_over_http(http: httpx.Client, emulator: Emulator) -> None:
    http.post(GENERATE, json=asked("thanks"), headers={"x-request-id": "abc"})
    [logged] = http.get("/emulator/requests").json()["requests"]
    assert (logged["method"], logged["path"]) == ("POST", GENERATE)
    assert json.loads(logged["body"]) == asked("thanks")
    assert logged["headers"]["x-request-id"] == "abc"
    assert logged["headers"]["x-goog-api-key"] == "[redacted]"
    assert http.delete("/emulator/requests").status_code == 204
    assert emulator.requests.entries() == []


def test_health_needs_no_key(keyless: httpx.Client, emulator: Emulator) -> None:
    reply = keyless.get("/healthz")
    assert (reply.status_code, reply.json()["status"]) == (200, "healthy")
    assert emulator.requests.entries() == []


def test_without_strictness_nothing_has_to_come_back(keyless: httpx.Client) -> None:
    call = {"functionCall": {"name": "add_task", "args": {"title": "milk"}}}
    contents = [*asked("add milk")["contents"], {"role": "model", "parts": [call]}]
    response = {"functionResponse": {"name": "add_task", "response": {"output": {"title": "milk"}}}}
    body = {"contents": [*contents, {"role": "user", "parts": [response]}]}
    with running_emulator(Settings(strict=False)) as emulator:
        reply = keyless.post(emulator.url + GENERATE, json=body, headers=KEY)
    assert reply.json()["candidates"][0]["content"]["parts"] == [{"text": 'I added "milk" to your tasks.'}]


names = st.sampled_from(
    re.findall(
        r"\S+",
        "contents parts role text functionCall functionResponse name args response id tools functionDeclarations "
        "messages model content tool_calls function arguments tool_call_id",
    )
)
words = st.sampled_from(["user", "model", "tool", "assistant", "add_task", "delete milk", MODEL, "{}", ""])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(trees, st.sampled_from([GENERATE, STREAM, CHAT, f"/v1/models/{MODEL}:countTokens"]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_json_breaks_the_emulator(http: httpx.Client, tree: object, path: str) -> None:
    assert http.post(path, json=tree, headers=BEARER).status_code in (200, 400, 404)
