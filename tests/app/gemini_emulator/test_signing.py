"""Ids and signatures without state."""

from __future__ import annotations

import base64
import json

from gemini_emulator.conversation import Call, Turn
from gemini_emulator.signing import decoded, same_signature, signature_of, with_ids, with_signature
from hypothesis import given
from hypothesis import strategies as st

CALL = Call("add_task", {"title": "buy milk", "description": "two"}, "fc-1")

objects = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5)


def test_a_signature_stands_for_id_name_and_arguments() -> None:
    others = [
        Call("add_task", CALL.args, "fc-2"),
        Call("delete_task", CALL.args, "fc-1"),
        Call("add_task", {"title": "buy milk"}, "fc-1"),
    ]
    assert len({signature_of(call) for call in (CALL, *others)}) == 4


@given(objects)
def test_the_order_of_arguments_does_not_matter(args: dict[str, object]) -> None:
    turned = json.loads(json.dumps(dict(reversed(args.items()))))
    assert signature_of(Call("a", args)) == signature_of(Call("a", turned))


def test_only_the_first_of_several_calls_is_signed() -> None:
    first, second = with_signature((CALL, CALL))
    assert first.signature == signature_of(CALL)
    assert second.signature == ""
    assert with_signature(()) == ()


def test_ids_differ_in_a_round_and_from_turn_to_turn() -> None:
    calls, turn = (CALL, CALL), Turn("add x")
    ids = [call.id for said in ([turn], [turn, turn]) for call in with_ids(calls, tuple(said))]
    assert len(set(ids)) == 4
    assert with_ids(calls, (turn,)) == with_ids(calls, (turn,))


@given(st.binary(min_size=1, max_size=60))
def test_either_alphabet_is_the_same_signature(signature: bytes) -> None:
    plain, urlsafe = base64.b64encode(signature).decode(), base64.urlsafe_b64encode(signature).decode()
    assert same_signature(plain, urlsafe)
    assert decoded(urlsafe.rstrip("=")) == signature


def test_what_is_no_base64_is_none() -> None:
    assert decoded("?") is None
    assert decoded("\u00e9") is None
    assert decoded("a") is None
