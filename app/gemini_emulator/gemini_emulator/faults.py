"""Faults on request: in the header ``x-emu-fault``, or in the same words at the end of the last user message.

``x-emu-fault: KIND[:NUMBER][*TIMES][@ROUND]``, for example ``503*1`` or ``500@2``. NUMBER is seconds: how long ``slow``
waits, and after how long ``429`` says to ask again. TIMES limits the fault to the first so many identical requests
since the request log was cleared, so that a retry succeeds. ROUND limits it to one request of the turn, counted from 1,
so that it comes after functions have run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gemini_emulator.conversation import Call, Reply
from gemini_emulator.dialogue import LIST_ALL
from gemini_emulator.errors import ApiError, invalid, quota_exceeded

if TYPE_CHECKING:
    from gemini_emulator.conversation import ModelRequest, Turn

HEADER = "x-emu-fault"
SLOW_MOST_S = 120.0
RETRY_DELAY_S = 1.0

CODES = {
    "400": "Request contains an invalid argument.",
    "403": "The caller does not have permission.",
    "404": "The model is not found.",
    "500": "An internal error has occurred. Please retry.",
    "503": "The model is overloaded. Please try again later.",
    "504": "Deadline expired before operation could complete.",
}
FINISHES = {"malformed": "MALFORMED_FUNCTION_CALL", "max-tokens": "MAX_TOKENS", "safety": "SAFETY"}
KINDS = (*CODES, "429", *FINISHES, "blocked", "empty", "not-json", "parallel", "slow")

_FORM = r"([a-z0-9-]+)(?::([0-9]{1,4}(?:\.[0-9]{1,3})?))?(?:\*([0-9]{1,4}))?(?:@([0-9]{1,4}))?"
_HEADER_FORM = re.compile(_FORM)
_AT_END = re.compile(rf"\s*\b{HEADER}:\s*(\S+)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """One fault. ``number`` is seconds; ``times`` and ``round`` of None mean always."""

    kind: str
    number: float | None = None
    times: int | None = None
    round: int | None = None

    def applies(self, request: ModelRequest, seen_before: int) -> bool:
        """Whether the fault is for this request, of which identical ones were seen before."""
        in_time = self.times is None or seen_before < self.times
        return in_time and self.round in (None, len(request.turn.rounds) + 1)

    @property
    def delay_s(self) -> float:
        """How long to wait before the answer."""
        return min(self.number or 0.0, SLOW_MOST_S) if self.kind == "slow" else 0.0

    @property
    def breaks_json(self) -> bool:
        """Whether the answer must be unreadable."""
        return self.kind == "not-json"

    def refusal(self) -> ApiError | None:
        """The error that the fault is, if it is one."""
        if self.kind == "429":
            return quota_exceeded(RETRY_DELAY_S if self.number is None else self.number)
        return ApiError(int(self.kind), CODES[self.kind]) if self.kind in CODES else None

    def altered(self, reply: Reply, request: ModelRequest) -> Reply:
        """The model's reply as the fault leaves it."""
        if self.kind in FINISHES:
            return Reply(finish=FINISHES[self.kind])
        if self.kind == "blocked":
            return Reply(finish="PROHIBITED_CONTENT", blocked=True)
        if self.kind == "empty":
            return Reply()
        if self.kind == "parallel" and not request.turn.rounds:
            return replace(reply, calls=_two(reply.calls, request))
        return reply


def parse_fault(text: str) -> Fault:
    """Read a fault as the header has it. Raises ApiError 400 for an unknown one."""
    found = _HEADER_FORM.fullmatch(text.strip().lower())
    if found is None or found[1] not in KINDS:
        raise invalid(f"{HEADER} must be KIND[:NUMBER][*TIMES][@ROUND] with one of the kinds {', '.join(KINDS)}.")
    kind, number, times, turn_round = found.groups()
    return Fault(
        kind,
        None if number is None else float(number),
        None if times is None else int(times),
        None if turn_round is None else int(turn_round),
    )


def fault_of(turn: Turn) -> Fault | None:
    """Return the fault that the user's words end with. Raises ApiError 400 for an unknown one."""
    found = _AT_END.search(turn.text)
    return parse_fault(found[1]) if found else None


def without_fault(turn: Turn) -> Turn:
    """Return the turn with only what the user means."""
    return replace(turn, text=_AT_END.sub("", turn.text))


def _two(calls: tuple[Call, ...], request: ModelRequest) -> tuple[Call, ...]:
    """Two calls for one: the list of tasks comes with any call, and the same call again where there is no such list."""
    if len(calls) != 1:
        return calls
    if LIST_ALL.name not in request.tools.allowed:
        return calls * 2
    return (calls[0], LIST_ALL if calls[0] != LIST_ALL else Call(LIST_ALL.name, {"status": "pending"}))
