from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.chat.history import CHARACTERS_AT_MOST, MESSAGES_AT_MOST, Contents, build_history, size
from app.chat.messages import Stored
from hypothesis import given
from hypothesis import strategies as st

from tests.app.backend.chat.conftest import calls, says

if TYPE_CHECKING:
    from tests.app.backend.chat.conftest import Model
    from tests.app.backend.conftest import User

MODEL = "gemini-3.5-flash-lite"


def text(role: str, said: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"text": said}]}


def turn(said: str, answered: str, contents: Contents | None = None, model: str = MODEL) -> list[Stored]:
    replay = {"model": model, "contents": [text("model", answered)] if contents is None else contents}
    return [
        Stored(role="user", content=said, model_content=None),
        Stored(role="assistant", content=answered, model_content=replay),
    ]


def test_turns_of_the_same_model_are_replayed_as_they_were() -> None:
    signed = {"role": "model", "parts": [{"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}]}
    contents = [signed, {"role": "user", "parts": [{"functionResponse": {"name": "f"}}]}, text("model", "raw")]
    assert build_history(turn("a", "b", contents), "c", MODEL) == [text("user", "a"), *contents, text("user", "c")]


def test_turns_of_another_model_are_plain_text() -> None:
    signed = {"role": "model", "parts": [{"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}]}
    stored = turn("a", "b", [signed], model="gemini-2.5-flash")
    assert build_history(stored, "c", MODEL) == [text("user", "a"), text("model", "b"), text("user", "c")]


def test_refused_turns_are_left_out() -> None:
    stored = [*turn("a", "b"), *turn("bad", "sorry", []), *turn("c", "d")]
    said = [content["parts"][0]["text"] for content in build_history(stored, "e", MODEL)]
    assert said == ["a", "b", "c", "d", "e"]


def test_a_half_turn_at_the_front_is_left_out() -> None:
    assert build_history(turn("a", "b")[1:], "c", MODEL) == [text("user", "c")]


def test_a_long_turn_is_shortened_to_its_text_before_it_is_left_out() -> None:
    listing = [{"role": "user", "parts": [{"functionResponse": {"response": "x" * CHARACTERS_AT_MOST}}]}]
    stored = [*turn("old", "b"), *turn("a", "b", listing), *turn("c", "d")]
    said = [content["parts"][0]["text"] for content in build_history(stored, "e", MODEL)]
    assert said == ["old", "b", "a", "b", "c", "d", "e"]


def test_what_does_not_fit_is_left_out_with_everything_before_it() -> None:
    stored = [*turn("small", "old"), *turn("a" * CHARACTERS_AT_MOST, "b"), *turn("c", "d")]
    said = [content["parts"][0]["text"] for content in build_history(stored, "e", MODEL)]
    assert said == ["c", "d", "e"]


@given(
    lengths=st.lists(st.tuples(st.integers(1, 9000), st.integers(1, 9000)), max_size=20),
    now=st.text(min_size=1, max_size=10_000),
)
def test_history_fits_begins_with_a_user_and_ends_with_the_message(lengths: list[tuple[int, int]], now: str) -> None:
    stored = [message for said, answered in lengths for message in turn("u" * said, "m" * answered)]
    contents = build_history(stored, now, MODEL)
    assert [content["role"] for content in contents] == ["user", "model"] * (len(contents) // 2) + ["user"]
    assert contents[-1] == text("user", now)
    assert contents[0]["role"] == "user"
    assert sum(size([content]) for content in contents[:-1]) <= CHARACTERS_AT_MOST


def test_the_model_sees_forty_messages_at_most(scripted_user: User, model: Model) -> None:
    model.will(says("Yes?"))
    conversation = scripted_user.chat("0")["conversation_id"]
    for number in range(1, 22):
        scripted_user.chat(str(number), conversation)
    contents = model.requests[-1]["body"]["contents"]
    assert len(contents) == MESSAGES_AT_MOST - 1
    assert [content["parts"][0]["text"] for content in contents[::2]] == [str(number) for number in range(2, 22)]


def test_raw_contents_come_back_unchanged_in_the_next_turn(scripted_user: User, model: Model) -> None:
    part = calls("list_tasks", "fc-ünï", status="all")
    part["unknownOfTomorrow"] = {"kept": [1, 2.5, None]}
    model.will(says(part), says({"text": "No tasks.", "thoughtSignature": "ZW5k"}, {"text": "x", "thought": True}))
    conversation = scripted_user.chat("list")["conversation_id"]
    model.will(says("Yes?"))
    scripted_user.chat("Hello!", conversation)
    said, called, results, answered, now = model.requests[0]["body"]["contents"]
    assert (said, now) == (text("user", "list"), text("user", "Hello!"))
    assert called == {"role": "model", "parts": [part]}
    assert results["parts"][0]["functionResponse"]["id"] == "fc-ünï"
    assert answered["parts"] == [{"text": "No tasks.", "thoughtSignature": "ZW5k"}, {"text": "x", "thought": True}]
