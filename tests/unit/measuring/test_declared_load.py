"""The declared load against a small application."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.application import TODO_CHATBOT
from pytest_todo_k8s.flows.visitor import AnswerError
from pytest_todo_k8s.measuring import load
from pytest_todo_k8s.settings import LoadShape
from pytest_todo_k8s.tools.redaction import Redactor
from tests.unit.todo_server import todo_server


def test_all_requests_are_sent_at_the_declared_rate() -> None:
    with todo_server() as server:
        sent = load.send(server.url, TODO_CHATBOT, Redactor(), LoadShape(100, 0.4))
        assert len(server.tasks) == 5
    assert (sent.requests, sent.errors, sent.rate_per_s, sent.duration_s) == (40, 0, 100, 0.4)
    assert sent.target.endswith(": /, /api/health, /api/tasks, /api/tasks in turn")


def test_wrong_answers_are_counted() -> None:
    with todo_server("health") as server:
        assert load.send(server.url, TODO_CHATBOT, Redactor(), LoadShape(100, 0.4)).errors == 10


def test_a_load_that_cannot_begin() -> None:
    with todo_server() as server:
        url = server.url
    with pytest.raises(AnswerError, match="POST /api/auth/signup was not answered"):
        load.send(url, TODO_CHATBOT, Redactor(), LoadShape())
