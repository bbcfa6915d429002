from __future__ import annotations

import pytest

from pytest_todo_k8s.command_log import CommandLog
from pytest_todo_k8s.evidence import Evidence, Run
from pytest_todo_k8s.tools.command import CommandRecord


@pytest.fixture
def evidence() -> Evidence:
    return Evidence(run=Run(id="x", started_at="2026-11-23T15:46:12Z", namespace="ns", cluster="minikube:x"))


def record(started_s: float = 12.0, tails: tuple[str, ...] = ("", "")) -> CommandRecord:
    return CommandRecord(("docker", "info"), started_s, 1.5, 0, False, tails)


def test_commands_belong_to_the_phase_under_way(evidence: Evidence) -> None:
    log = CommandLog(evidence, started_s=10.0)
    log.note(record())
    log.phase = "build"
    log.note(record(started_s=13.0))
    assert [(command.phase, command.start_s) for command in evidence.commands] == [("preflight", 2.0), ("build", 3.0)]
    assert evidence.commands[0].argv == ["docker", "info"]


@pytest.mark.parametrize("tails", [("Continue? [y/N] ", "a warning"), ("", "Password: ")])
def test_question_on_either_stream_is_noted(evidence: Evidence, tails: tuple[str, ...]) -> None:
    CommandLog(evidence, started_s=10.0).note(record(tails=tails))
    assert evidence.commands[0].prompt


def test_ordinary_output_is_no_question(evidence: Evidence) -> None:
    CommandLog(evidence, started_s=10.0).note(record(tails=("done", "")))
    assert evidence.commands[0].prompt is None
