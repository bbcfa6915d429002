"""Reading replies of the model API: what the model says, what it wants to call, and how it may end."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from app.chat.model_errors import UnusableReplyError

REFUSAL = "I'm sorry, I can't help with that. I'm happy to help with your tasks, though."

BLOCKED = frozenset({"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})
"""Finish reasons that mean: the model may not answer this."""

MALFORMED = "MALFORMED_FUNCTION_CALL"

# NUL and unpaired surrogates: JSON can carry them, PostgreSQL cannot store them.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class FunctionCall:
    """A call that the model wants; ``id`` is empty for models that give none."""

    name: str
    args: dict[str, Any]
    id: str


@dataclass(frozen=True)
class Reply:
    """A usable reply. ``content`` is what goes back to the model, unchanged; None when the model refused."""

    text: str
    calls: tuple[FunctionCall, ...]
    content: dict[str, Any] | None


class MalformedCallError(UnusableReplyError):
    """The model tried to call a function and did not manage to write the call; it is worth asking again."""


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _FunctionCall(_Wire):
    name: str
    args: dict[str, Any] | None = None
    id: str | None = None


class _Part(_Wire):
    text: str = ""
    thought: bool = False
    function_call: _FunctionCall | None = None


class _Content(_Wire):
    parts: list[_Part] = []


class _Candidate(_Wire):
    content: _Content = _Content()
    finish_reason: str = ""


class _PromptFeedback(_Wire):
    block_reason: str = ""


class _Response(_Wire):
    candidates: list[_Candidate] = []
    prompt_feedback: _PromptFeedback = _PromptFeedback()


def read_reply(body: bytes) -> Reply:
    """Read the body of a successful response. Raises MalformedCallError or UnusableReplyError."""
    raw = read_json(body)
    try:
        response = _Response.model_validate(raw)
    except ValidationError:
        raise UnusableReplyError("the reply has another form than the API's") from None
    if not response.candidates:
        if response.prompt_feedback.block_reason:
            return Reply(REFUSAL, (), None)
        raise UnusableReplyError("the reply is empty")
    return _read_candidate(response.candidates[0], raw["candidates"][0].get("content"))


def _read_candidate(candidate: _Candidate, content: dict[str, Any] | None) -> Reply:
    said = [part for part in candidate.content.parts if not part.thought]
    text = "".join(part.text for part in said).strip()
    if candidate.finish_reason == MALFORMED:
        raise MalformedCallError("a function call is malformed")
    if candidate.finish_reason in BLOCKED and not text:
        return Reply(REFUSAL, (), None)
    calls = tuple(
        FunctionCall(part.function_call.name, part.function_call.args or {}, part.function_call.id or "")
        for part in said
        if part.function_call
    )
    if not (text or calls):
        raise UnusableReplyError(f"nothing is said, finish reason {candidate.finish_reason[:40] or 'none'}")
    return Reply(text, calls, content)


def read_json(body: bytes) -> Any:
    """Parse JSON into values that PostgreSQL can store. Raises UnusableReplyError."""
    try:
        return _storable(json.loads(body, parse_constant=_refuse))
    except (ValueError, RecursionError):
        raise UnusableReplyError("the reply is not JSON") from None


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)
