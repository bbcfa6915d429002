from __future__ import annotations

import base64
import pickle
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_todo_k8s.tools.redaction import MASK, Redactor, Secret, generate

VALUES = st.text(st.characters(codec="utf-8"), min_size=8, max_size=40).filter(lambda text: text.strip() == text)
AROUND = st.binary(max_size=5)


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda secret: f"{[secret]}"])
def test_secret_does_not_show_itself(show: object) -> None:
    assert callable(show)
    assert "hidden" not in show(Secret("hidden"))


def test_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("hidden"))


def test_generated_secrets_differ_and_are_long() -> None:
    first, second = generate(), generate()
    assert first != second
    assert len(first.reveal()) >= 40


@given(VALUES, st.text(max_size=10), st.text(max_size=10))
def test_value_is_masked_wherever_it_stands(value: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(Secret(value))
    cleaned = redactor.clean(f"{before}{value}{after}")
    assert MASK in cleaned
    assert redactor.found_in(f"{before}{value}{after}")


@given(VALUES)
def test_quoted_value_is_masked(value: str) -> None:
    redactor = Redactor()
    redactor.add(Secret(value))
    assert redactor.clean(f"?key={quote(value, safe='')}&x") == f"?key={MASK}&x"


@given(VALUES, AROUND, AROUND)
def test_base64_of_the_value_is_masked_at_every_alignment(value: str, before: bytes, after: bytes) -> None:
    redactor = Redactor()
    redactor.add(Secret(value))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(before + value.encode() + after).decode()
        assert redactor.found_in(text)


def test_longer_secret_wins_over_one_it_contains() -> None:
    redactor = Redactor()
    redactor.add(Secret("secret"))
    redactor.add(Secret("secret-and-more"))
    assert redactor.clean("x secret-and-more y secret") == f"x {MASK} y {MASK}"


def test_short_values_and_no_values_change_nothing() -> None:
    redactor = Redactor()
    assert redactor.clean("text") == "text"
    redactor.add(Secret("abc"))
    assert redactor.clean("abc") == "abc"
    assert not redactor.found_in("abc")
