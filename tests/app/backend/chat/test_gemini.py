from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from app.chat.gemini import thinking
from app.chat.model_errors import UnusableReplyError
from app.chat.model_reply import FunctionCall, MalformedCallError, read_reply
from hypothesis import given
from hypothesis import strategies as st

from tests.app.backend.chat.conftest import calls, says
from tests.app.backend.conftest import MODEL_KEY

if TYPE_CHECKING:
    from tests.app.backend.chat.conftest import Model
    from tests.app.backend.conftest import User


def test_request_has_the_form_of_the_api(scripted_user: User, model: Model) -> None:
    model.will(says("Hello."))
    scripted_user.chat("Hello!")
    [request] = model.requests
    assert request["path"] == "/prefix/v1beta/models/gemini-3.5-flash-lite:generateContent"
    assert request["headers"]["x-goog-api-key"] == MODEL_KEY
    body = request["body"]
    assert set(body) == {"systemInstruction", "contents", "tools", "toolConfig", "generationConfig"}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Hello!"}]}]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "AUTO"}}
    assert body["generationConfig"] == {"maxOutputTokens": 1024, "thinkingConfig": {"thinkingLevel": "LOW"}}
    [tool] = body["tools"]
    assert len(tool["functionDeclarations"]) == 5
    # Nothing about who the user is reaches the model.
    assert scripted_user.id not in json.dumps(body)
    assert scripted_user.email not in json.dumps(body)


@pytest.mark.parametrize(
    ("model", "config"),
    [
        ("gemini-3.8-flash", {"thinkingConfig": {"thinkingLevel": "LOW"}}),
        ("gemini-3-pro", {"thinkingConfig": {"thinkingLevel": "LOW"}}),
        ("gemini-2.5-flash", {"thinkingConfig": {"thinkingBudget": 512}}),
        ("gemini-2.0-flash", {}),
        ("something-else", {}),
    ],
)
def test_thinking_is_told_in_the_words_of_the_generation(model: str, config: dict[str, Any]) -> None:
    assert thinking(model) == config


def test_text_and_calls_are_read_and_thoughts_are_skipped() -> None:
    parts = (
        {"text": "hidden", "thought": True},
        "Well, ",
        calls("f", "1", a=1),
        {"functionCall": {"name": "g"}},
        "yes ",
    )
    scripted = says(*parts)
    reply = read_reply(scripted.content)
    assert reply.text == "Well, yes"
    assert reply.calls == (FunctionCall("f", {"a": 1}, "1"), FunctionCall("g", {}, ""))
    assert isinstance(scripted.body, dict)
    assert reply.content == scripted.body["candidates"][0]["content"]


def test_refusals_have_no_content_to_send_back() -> None:
    for body in ({"promptFeedback": {"blockReason": "OTHER"}}, {"candidates": [{"finishReason": "SAFETY"}]}):
        reply = read_reply(json.dumps(body).encode())
        assert (reply.content, reply.calls) == (None, ())
        assert reply.text


def test_calls_beside_a_refusal_are_not_made() -> None:
    assert read_reply(says(calls("delete_task", title="x"), finish="SAFETY").content).calls == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{",
        b"[" * 100_000,
        b"{}",
        b'{"candidates": []}',
        b'{"candidates": [{}]}',
        b'{"candidates": [{"content": {"parts": [{"text": " "}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": {}}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": [1]}}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": NaN}}}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": 1e999}}}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": "\xff"}]}}]}',
        b'{"a": 1' + b"0" * 5000 + b"}",
    ],
)
def test_replies_that_make_no_sense(body: bytes) -> None:
    with pytest.raises(UnusableReplyError):
        read_reply(body)


def test_malformed_calls_are_told_apart() -> None:
    with pytest.raises(MalformedCallError):
        read_reply(says("text", finish="MALFORMED_FUNCTION_CALL").content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["candidates", "content", "parts", "text", "functionCall", "name", "args", "finishReason"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_no_reply_does_anything_but_be_read_or_refused(body: bytes) -> None:
    try:
        reply = read_reply(body)
    except UnusableReplyError:
        return
    assert reply.text or reply.calls
