"""Faults: how they are written, when they apply, what they do."""

from __future__ import annotations

from contextlib import suppress

import pytest
from gemini_emulator.catalogue import find_model
from gemini_emulator.conversation import Call, ModelRequest, Reply, Result, Round, Tools, Turn
from gemini_emulator.dialogue import LIST_ALL
from gemini_emulator.errors import ApiError
from gemini_emulator.faults import CODES, FINISHES, KINDS, Fault, fault_of, parse_fault, without_fault
from hypothesis import given
from hypothesis import strategies as st

ADD = Call("add_task", {"title": "buy milk"})
DONE = Round((ADD,), (Result("add_task", {}),), 2)


def request(*rounds: Round, allowed: frozenset[str] = frozenset({"add_task", "list_tasks"})) -> ModelRequest:
    tools = Tools({name: {} for name in allowed}, allowed)
    return ModelRequest(find_model("fake"), (Turn("add buy milk", rounds),), tools, prompt_tokens=1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("500", Fault("500")),
        ("slow:2.5", Fault("slow", 2.5)),
        ("429:20*2@3", Fault("429", 20, 2, 3)),
        ("503*1", Fault("503", times=1)),
        (" 500@2 ", Fault("500", round=2)),
        ("NOT-JSON", Fault("not-json")),
    ],
)
def test_how_a_fault_is_written(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@given(st.text(max_size=30))
def test_anything_else_is_refused(text: str) -> None:
    with suppress(ApiError):
        assert parse_fault(text).kind in KINDS


def test_an_unknown_kind_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ApiError, match="not-json") as refused:
        parse_fault("nonsense")
    assert refused.value.code == 400


def test_a_fault_stands_at_the_end_of_what_the_user_says() -> None:
    turn = Turn("add buy milk X-Emu-Fault: 500 ")
    assert fault_of(turn) == Fault("500")
    assert without_fault(turn).text == "add buy milk"
    assert fault_of(Turn("x-emu-fault: 500 is what I want to talk about")) is None


def test_a_fault_may_be_for_one_round() -> None:
    fault = parse_fault("500@2")
    assert not fault.applies(request(), 0)
    assert fault.applies(request(DONE), 0)


def test_a_fault_may_be_for_the_first_requests_only() -> None:
    fault = parse_fault("503*2")
    assert [fault.applies(request(), seen) for seen in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_does_something(kind: str) -> None:
    fault, reply = Fault(kind, 1.0), Reply(calls=(ADD,))
    done = (
        fault.refusal() is not None,
        fault.altered(reply, request()) != reply,
        fault.delay_s > 0,
        fault.breaks_json,
    )
    assert done.count(True) == 1
    assert (kind in CODES or kind == "429") == done[0]
    assert kind not in FINISHES or done[1]


def test_two_calls_for_one() -> None:
    fault = Fault("parallel")
    assert fault.altered(Reply(calls=(ADD,)), request()).calls == (ADD, LIST_ALL)
    assert len(set(map(str, fault.altered(Reply(calls=(LIST_ALL,)), request()).calls))) == 2
    only = request(allowed=frozenset({"add_task"}))
    assert fault.altered(Reply(calls=(ADD,)), only).calls == (ADD, ADD)
    assert fault.altered(Reply(calls=(ADD,)), request(DONE)).calls == (ADD,)
    assert fault.altered(Reply("Hello!"), request()).calls == ()


def test_waiting_has_a_limit() -> None:
    assert parse_fault("slow:9999").delay_s == 120
    assert Fault("500", 5.0).delay_s == 0
