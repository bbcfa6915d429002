"""What has to come back to the API unchanged, sent with Google's own SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.genai import errors, types

from tests.app.gemini_emulator.genai_client import MODEL, Chat, configured, content_of, responses_to, user
from tests.app.gemini_emulator.task_tools import TaskTools

if TYPE_CHECKING:
    from collections.abc import Callable

    from google import genai


def without_signature(content: types.Content) -> None:
    for part in content.parts or []:
        part.thought_signature = None


def with_another_signature(content: types.Content) -> None:
    for part in content.parts or []:
        part.thought_signature = b"forged"


def with_other_arguments(content: types.Content) -> None:
    for part in content.parts or []:
        assert part.function_call
        part.function_call.args = {"title": "buy oats"}


def without_id(content: types.Content) -> None:
    for part in content.parts or []:
        if part.function_call:
            part.function_call.id = None
        if part.function_response:
            part.function_response.id = None


def with_another_id(content: types.Content) -> None:
    for part in content.parts or []:
        assert part.function_response
        part.function_response.id = "fc-other"


def with_another_name(content: types.Content) -> None:
    for part in content.parts or []:
        assert part.function_response
        part.function_response.name = "delete_task"


@pytest.mark.parametrize(
    ("spoil_call", "spoil_response", "message"),
    [
        (without_signature, None, "missing a thought_signature"),
        (with_another_signature, None, "Corrupted thought signature"),
        (with_other_arguments, None, "Corrupted thought signature"),
        (without_id, without_id, "missing an id"),
        (None, without_id, "does not match functionCall"),
        (None, with_another_id, "does not match functionCall"),
        (None, with_another_name, "does not match functionCall"),
    ],
)
def test_what_does_not_come_back_unchanged_is_refused(
    client: genai.Client,
    spoil_call: Callable[[types.Content], None] | None,
    spoil_response: Callable[[types.Content], None] | None,
    message: str,
) -> None:
    question = user("add buy milk")
    response = client.models.generate_content(model=MODEL, contents=[question], config=configured())
    call, back = content_of(response), responses_to(response.function_calls or [], TaskTools())
    if spoil_call:
        spoil_call(call)
    if spoil_response:
        spoil_response(back)
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=MODEL, contents=[question, call, back], config=configured())
    assert refused.value.code == 400
    assert refused.value.status == "INVALID_ARGUMENT"
    assert message in str(refused.value)


def test_a_missing_result_is_refused(client: genai.Client) -> None:
    question = user("Add 'buy milk' and 'pay bills'")
    response = client.models.generate_content(model=MODEL, contents=[question], config=configured())
    back = responses_to((response.function_calls or [])[:1], TaskTools())
    with pytest.raises(errors.ClientError, match="number of function response parts"):
        client.models.generate_content(
            model=MODEL, contents=[question, content_of(response), back], config=configured()
        )


def test_signatures_of_earlier_turns_may_be_lost(chat: Callable[..., Chat]) -> None:
    conversation = chat()
    conversation.say("add buy milk")
    without_signature(conversation.contents[1])
    assert "buy milk" in conversation.say("show my tasks")


@pytest.mark.parametrize(
    ("model", "signed", "numbered"),
    [("gemini-3.8-flash", True, True), ("gemini-3.1-flash-lite", True, False), ("gemini-2.5-flash", False, False)],
)
def test_signatures_and_ids_depend_on_the_generation(
    chat: Callable[..., Chat], model: str, signed: bool, numbered: bool
) -> None:
    conversation = chat(model=model)
    assert conversation.say("add buy milk") == 'I added "buy milk" to your tasks.'
    [part] = conversation.contents[1].parts or []
    assert part.function_call
    assert bool(part.thought_signature) is signed
    assert bool(part.function_call.id) is numbered
