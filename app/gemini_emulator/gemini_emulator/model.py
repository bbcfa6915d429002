"""One request to a model, from its check to its reply."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gemini_emulator.conversation import Reply
from gemini_emulator.dialogue import next_step
from gemini_emulator.faults import fault_of, without_fault
from gemini_emulator.signing import with_ids, with_signature
from gemini_emulator.strict import check

if TYPE_CHECKING:
    from gemini_emulator.conversation import ModelRequest
    from gemini_emulator.faults import Fault

CHARACTERS_PER_TOKEN = 4


def active_fault(request: ModelRequest, of_header: Fault | None, seen_before: int) -> Fault | None:
    """Return the fault that is for this request: the header's, else that of the user's words. Raises ApiError 400."""
    fault = of_header or fault_of(request.turn)
    return fault if fault is not None and fault.applies(request, seen_before) else None


def answer(request: ModelRequest, fault: Fault | None, *, strict: bool, always_ids: bool) -> Reply:
    """Return the model's reply; ``always_ids`` gives every call an id, as the OpenAI dialect needs it.

    Raises ApiError for what the model's API would refuse, and for a fault that is an error.
    """
    refusal = fault.refusal() if fault else None
    if refusal:
        raise refusal
    if strict:
        check(request)
    turns = tuple(without_fault(turn) for turn in request.turns)
    step = next_step(turns, request.tools)
    reply = _limited(Reply(step.text, step.calls), request.max_output_tokens)
    if fault:
        reply = fault.altered(reply, request)
    calls = with_ids(reply.calls, request.turns) if request.model.gives_ids or always_ids else reply.calls
    return replace(reply, calls=with_signature(calls) if request.model.signs else calls)


def _limited(reply: Reply, max_output_tokens: int | None) -> Reply:
    most = len(reply.text) if max_output_tokens is None else max_output_tokens * CHARACTERS_PER_TOKEN
    return reply if len(reply.text) <= most else replace(reply, text=reply.text[:most], finish="MAX_TOKENS")
