"""Ids and thought signatures of function calls: derived from what they stand for, so that no state is needed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemini_emulator.conversation import Call, Turn


def with_ids(calls: tuple[Call, ...], turns: tuple[Turn, ...]) -> tuple[Call, ...]:
    """Give each call an id that no other call of the conversation has."""
    past = _digest(turns)
    return tuple(
        replace(call, id="fc-" + _digest([past, number, call.name, call.args])[:12])
        for number, call in enumerate(calls)
    )


def with_signature(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Sign a round of calls: the first one carries the signature, as Gemini does it for parallel calls."""
    if not calls:
        return ()
    return (replace(calls[0], signature=signature_of(calls[0])), *calls[1:])


def signature_of(call: Call) -> str:
    """Return the signature (base64) of a call with this id, name and arguments."""
    return base64.b64encode(b"emulated thought " + bytes.fromhex(_digest([call.id, call.name, call.args]))).decode()


def same_signature(one: str, other: str) -> bool:
    """Whether two signatures are the same bytes; clients may write base64 in either alphabet."""
    return decoded(one) == decoded(other)


def decoded(signature: str) -> bytes | None:
    """Return the bytes of a signature, or None if it is not base64."""
    plain = signature.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _digest(value: Any) -> str:
    # A client may keep calls where keys lose their order, such as PostgreSQL's jsonb.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=vars)
    return hashlib.sha256(text.encode()).hexdigest()
