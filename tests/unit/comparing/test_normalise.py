"""What is taken out of answers, and what must stay."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.comparing.normalise import Normaliser

ANN, BOB = "0b8f7f4e-1d1c-4c58-9a51-0e4a5f0f3a10", "7f0f7c1e-6a43-4a53-8a90-3d5a0a4b7c11"


def test_ids_are_numbered_so_that_references_stay_comparable() -> None:
    normaliser = Normaliser()
    task = normaliser.value({"id": ANN, "user_id": BOB, "tasks": [{"id": BOB, "user_id": ANN}]})
    assert task == {"id": "<id 1>", "user_id": "<id 2>", "tasks": [{"id": "<id 2>", "user_id": "<id 1>"}]}
    assert normaliser.header("location", f"/api/{BOB}/tasks/{ANN}") == "/api/<id 2>/tasks/<id 1>"


@pytest.mark.parametrize(
    ("key", "value", "normal"),
    [
        ("created_at", "2026-11-23T16:00:00.123456Z", "<time>"),
        ("timestamp", "2026-11-23T16:00:00.1Z", "<time>"),
        ("conversation_id", ANN, "<id 1>"),
        ("message_id", ANN, "<id 1>"),
        ("task_id", ANN, "<id 1>"),
        ("message", ANN, "<id 1>"),
        ("expires_at", "2026-11-23T16:00:00Z", "<time>"),
        ("token", "aaa.bbb-c.d_d", "<token>"),
        ("request_id", "6b1f00e2c9", "<request id>"),
        ("uptime_s", 12.5, "<number>"),
        ("latency_ms", 3, "<number>"),
    ],
)
def test_what_must_differ(key: str, value: object, normal: str) -> None:
    assert Normaliser().value({key: value}) == {key: normal}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("due_date", "2030-05-01T08:00:00Z"),
        ("title", ANN),
        ("message", f"no task {ANN}"),
        ("created_at", "2026-11-23T16:00:00+01:00"),
        ("created_at", None),
        ("id", "1"),
        ("token", "not a token"),
        ("latency_ms", None),
        ("uptime_s", True),
        ("version", "0.1.0"),
    ],
)
def test_what_must_not_differ_stays(key: str, value: object) -> None:
    assert Normaliser().value({key: value}) == {key: value}


def test_headers() -> None:
    assert Normaliser().header("x-request-id", "abc-1") == "<request id>"
    assert Normaliser().header("x-request-id", "spaces are wrong") == "spaces are wrong"
    assert Normaliser().header("content-type", "application/json") == "application/json"
