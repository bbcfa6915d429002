"""What the API refuses in a conversation: lost or changed signatures, ids, names and results."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gemini_emulator.errors import ApiError, invalid
from gemini_emulator.signing import same_signature, signature_of

if TYPE_CHECKING:
    from gemini_emulator.conversation import Call, ModelRequest, Round

SIGNATURES = "https://ai.google.dev/gemini-api/docs/thought-signatures"
"""The rules about signatures; those about ids and order are in the function calling guide beside it."""


def check(request: ModelRequest) -> None:
    """Raise ApiError 400 for the first thing that the model's API would not accept.

    Every round must be complete. Signatures and ids are demanded in the current turn only, as Gemini does it.
    """
    if request.turn.answered:
        raise invalid("Please ensure that multiturn requests end with a user role or a function response.")
    opening = request.turns[0].rounds[:1]
    if opening and opening[0].calls and opening[0].position == 1:
        raise invalid(
            "Please ensure that function call turn comes immediately after a user turn or after a function response "
            "turn."
        )
    for turn in request.turns:
        for each in turn.rounds:
            _check_round(each)
    for each in request.turn.rounds:
        if request.model.gives_ids:
            _check_ids(each)
        if request.model.signs:
            _check_signatures(each)


def _check_round(each: Round) -> None:
    if not each.calls:
        raise invalid(
            "Please ensure that function response turn comes immediately after a function call turn "
            f"(position {each.position})."
        )
    if len(each.calls) != len(each.results):
        raise invalid(
            "Please ensure that the number of function response parts is equal to the number of function call parts "
            f"of the function call turn (position {each.position}: {len(each.calls)} calls, "
            f"{len(each.results)} responses)."
        )
    called = Counter((call.name, call.id) for call in each.calls)
    returned = Counter((result.name, result.id) for result in each.results)
    for name, number in sorted((returned - called).keys()):
        raise invalid(
            f"functionResponse does not match functionCall: `{name}` with id `{number}` was not called "
            f"(position {each.position})."
        )


def _check_ids(each: Round) -> None:
    for call in each.calls:
        if not call.id:
            raise invalid(f"Function call is missing an id. Additional data, {_place(call, each)}.")


def _check_signatures(each: Round) -> None:
    first, *others = each.calls
    if not first.signature:
        raise invalid(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
            "correctly, and missing thought_signature may lead to degraded model performance. Additional data, "
            f"{_place(first, each)}. Please refer to {SIGNATURES} for more details."
        )
    if not same_signature(first.signature, signature_of(first)):
        raise _corrupted(first, each)
    for call in others:
        if call.signature:
            raise _corrupted(call, each)


def _corrupted(call: Call, each: Round) -> ApiError:
    return invalid(f"Corrupted thought signature. Additional data, {_place(call, each)}.")


def _place(call: Call, each: Round) -> str:
    return f"function call `default_api:{call.name}` , position {each.position}"
