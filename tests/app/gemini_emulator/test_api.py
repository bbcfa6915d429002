"""Paths, keys, limits and the server's own behaviour, on the wire."""

from __future__ import annotations

import json
import re
import threading
import time

import httpx
import pytest
from gemini_emulator.api import BODY_LIMIT_BYTES
from gemini_emulator.config import Settings
from gemini_emulator.server import Emulator, running_emulator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.gemini_emulator.wire import BEARER, CHAT, GENERATE, KEY, MODEL, STREAM, asked, refused


def test_a_stream_of_the_other_dialect_ends_with_a_mark(http: httpx.Client) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "thanks"}], "stream": True}
    reply = http.post(CHAT, json=body, headers=BEARER)
    assert reply.text.endswith("data: [DONE]\n\n")
    assert all(line.startswith("data: ") for line in reply.text.split("\n\n")[:-1])


def test_messages_of_the_other_dialect_need_a_user(http: httpx.Client) -> None:
    body = {"model": MODEL, "messages": [{"role": "system", "content": [{"type": "text", "text": "x"}]}]}
    reply = http.post(CHAT, json=body, headers=BEARER)
    assert reply.status_code == 400
    assert "contents is not specified" in reply.text
    body["messages"] = [{"role": "user", "content": [{"type": "text", "text": "thanks"}, {"type": "image_url"}]}]
    assert http.post(CHAT, json=body, headers=BEARER).json()["choices"][0]["message"]["content"] == "You're welcome!"


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


@pytest.mark.parametrize("path", [GENERATE, f"{STREAM}?alt=sse"])
def test_an_answer_that_is_no_json(http: httpx.Client, path: str) -> None:
    reply = http.post(path, json=asked("Hello!"), headers={"x-emu-fault": "not-json"})
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text.removeprefix("data: "))


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
