"""What the model is shown of a conversation: its last turns, as far as they fit, each of them whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from app.chat.messages import Stored

MESSAGES_AT_MOST = 40

CHARACTERS_AT_MOST = 24_000
"""Of the contents in JSON, the new message included."""

Contents = list[dict[str, Any]]


def user_content(text: str) -> dict[str, Any]:
    """Return what the user says in the model's form."""
    return {"role": "user", "parts": [{"text": text}]}


def model_content(text: str) -> dict[str, Any]:
    """Return plain text of the model in its form."""
    return {"role": "model", "parts": [{"text": text}]}


def build_history(stored: Sequence[Stored], text: str, model: str) -> Contents:
    """Return the contents for a turn: earlier turns that succeeded, then the new message.

    ``stored`` holds the last messages of such turns, oldest first. A turn of the same model is replayed as the model
    wrote it, with its signatures; one of another model, or one too long for that, as plain text. Turns are left out
    from the front, so that what remains begins with a user and fits.
    """
    room = CHARACTERS_AT_MOST - size([user_content(text)])
    kept: list[Contents] = []
    for said, answered in reversed(list(turns(stored))):
        turn = next((form for form in forms(said, answered, model) if size(form) <= room), None)
        if turn is None:
            break
        room -= size(turn)
        kept.append(turn)
    return [content for turn in reversed(kept) for content in turn] + [user_content(text)]


def turns(stored: Sequence[Stored]) -> Iterator[tuple[Stored, Stored]]:
    """Pair each user message with its answer, without the turns that the model refused."""
    for said, answered in pairwise(stored):
        if (said.role, answered.role) == ("user", "assistant") and not refused(answered):
            yield said, answered


def refused(answered: Stored) -> bool:
    """Whether the model refused to answer: shown again, the same words would block every later turn too."""
    return answered.model_content is not None and not answered.model_content["contents"]


def forms(said: Stored, answered: Stored, model: str) -> Iterator[Contents]:
    """Yield the forms in which a turn can be shown, the best one first."""
    if answered.model_content and answered.model_content["model"] == model:
        yield [user_content(said.content), *answered.model_content["contents"]]
    yield [user_content(said.content), model_content(answered.content)]


def size(contents: Contents) -> int:
    """Return the number of characters of contents in JSON."""
    return len(json.dumps(contents, ensure_ascii=False))
