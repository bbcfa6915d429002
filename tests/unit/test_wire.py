from __future__ import annotations

import enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from execnet.gateway_base import dumps, loads
from hypothesis import given
from hypothesis import strategies as st

from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.wire import plain


class Text(str):
    __slots__ = ()


class Number(enum.IntEnum):
    ONE = 1


class Mute:
    def __str__(self) -> str:
        raise RuntimeError("no text")


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.sampled_from([Verdict.PASS, Text("t"), Number.ONE, Path("/x"), object(), Mute(), "\udc80", bytearray(b"x")]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.one_of(st.text(), st.integers()), inner)
    ),
)


@given(VALUES)
def test_everything_crosses_the_wire(value: Any) -> None:
    assert loads(dumps(plain(value))) == plain(value)


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.integers(-(2**31)), st.text()), st.lists))
def test_what_is_plain_already_stays_as_it_is(value: Any) -> None:
    assert plain(value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Verdict.PASS, "PASS"),
        (Number.ONE, 1),
        (Path("/x"), "/x"),
        ({Text("a"): {Number.ONE}}, {"a": [1]}),
        (MappingProxyType({(1, 2): "x"}), {"(1, 2)": "x"}),
        ("\udc80", "\\udc80"),
        (-(2**31), -2147483648),
        (-(2**31) - 1, "-2147483649"),
        (2**70, 2**70),
        (Mute(), "<Mute without text: RuntimeError>"),
    ],
)
def test_what_becomes_of_it(value: object, expected: object) -> None:
    result = plain(value)
    assert result == expected
    assert type(result) is type(expected)


def test_endless_value_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert dumps(plain(endless))
