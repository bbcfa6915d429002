"""The loop between the model and the tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.chat.history import Contents, model_content
from app.chat.messages import Invocation
from app.chat.model_reply import REFUSAL, FunctionCall, Reply
from app.chat.summary import what_was_done

AskModel: TypeAlias = Callable[[Contents], Awaitable[Reply]]

CallTool: TypeAlias = Callable[[FunctionCall], Awaitable[Invocation]]


@dataclass(frozen=True)
class Answer:
    """How a turn ended.

    ``text`` is for the user. ``contents`` is what came after the user's message, in the model's form, for later
    turns; it is empty when the model refused.
    """

    text: str
    contents: Contents
    outcome: str


async def run_agent(ask: AskModel, call_tool: CallTool, history: Contents, max_rounds: int) -> Answer:
    """Let the model call tools until it answers in words, or for ``max_rounds`` rounds. Raises ModelError.

    All calls of a round run in order, and their results go back together.
    """
    contents: Contents = []
    done: list[Invocation] = []
    for _ in range(max_rounds):
        reply = await ask([*history, *contents])
        if reply.content is None:
            return Answer(" ".join([REFUSAL, *what_was_done(done)]), [], "refused")
        contents.append(reply.content)
        if not reply.calls:
            return Answer(reply.text, contents, "ok")
        invocations = [await call_tool(call) for call in reply.calls]
        contents.append(results_content(reply.calls, invocations))
        done += invocations
    text = " ".join(["I stopped here, because this takes more steps than I may do at once.", *what_was_done(done)])
    return Answer(text, [*contents, model_content(text)], "round_limit")


def results_content(calls: Sequence[FunctionCall], invocations: Sequence[Invocation]) -> dict[str, Any]:
    """Return the results of a round in the model's form: one response per call, with its name and id."""
    parts = []
    for call, invocation in zip(calls, invocations, strict=True):
        response: dict[str, Any] = {"id": call.id} if call.id else {}
        response["name"] = call.name
        # A result with an error is an object with the key "error", as the API wants it.
        response["response"] = {"output": invocation.result} if invocation.done else invocation.result
        parts.append({"functionResponse": response})
    return {"role": "user", "parts": parts}
