"""The visitor: cookies, origin, and what it says of wrong answers."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.flows.visitor import Account, AnswerError, Visitor
from pytest_todo_k8s.tools.redaction import Redactor
from tests.unit.todo_server import todo_server


def test_changes_carry_the_origin_and_the_session_lasts_until_log_out() -> None:
    with todo_server() as server, Visitor(f"{server.url}/") as visitor:
        visitor.sign_up(Account.new("test", Redactor()))
        visitor.create("milk")
        assert visitor.titles() == ["milk"]
        assert {origin for _, _, origin in server.seen} == {server.url}
        visitor.call("POST", "/api/auth/logout", expect=204)
        with pytest.raises(AnswerError, match="GET /api/tasks answered with status 401 instead of 200"):
            visitor.titles()


def test_a_page_is_no_answer_of_the_api() -> None:
    with todo_server() as server, Visitor(server.url) as visitor, pytest.raises(AnswerError, match="with no JSON"):
        visitor.call("GET", "/")


def test_accounts_are_new_and_their_password_is_masked() -> None:
    redactor = Redactor()
    first, second = Account.new("test", redactor), Account.new("test", redactor)
    assert first.email != second.email
    assert redactor.clean(f"password {first.password.reveal()}") == "password [redacted]"
    assert first.password.reveal() not in repr(first)
