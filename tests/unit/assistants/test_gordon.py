"""Docker AI as documented: a screen that never ends, approvals that are refused, and Docker Engine without it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.assistants import gordon
from pytest_todo_k8s.assistants.gordon import Gordon
from pytest_todo_k8s.assistants.proposal import Status
from tests.unit.assistants.fakes import GOOD_DOCKERFILE, Fakes, docker_ai, request, says

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gordon, "QUIET_S", 0.3)


def assistant(tmp_path: Path, answer: str, timeout_s: float = 20.0) -> tuple[Gordon, Fakes]:
    fakes = Fakes(tmp_path)
    return Gordon(fakes.add("docker", docker_ai(answer)), fakes.caller(), timeout_s), fakes


def test_docker_desktop_tells_a_version(tmp_path: Path) -> None:
    found = assistant(tmp_path, "")[0].detect()
    assert (found.available, found.version) == (True, "docker ai version v1.5.2")


def test_docker_engine_knows_no_such_command(tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    docker = fakes.add("docker", 'echo "docker: unknown command: docker ai" >&2; exit 1')
    found = Gordon(docker, fakes.caller()).detect()
    assert not found.available
    assert "docker: unknown command: docker ai (Docker AI is part of Docker Desktop)" in found.reason


def test_no_docker_at_all(tmp_path: Path) -> None:
    assert "is not there" in Gordon(tmp_path / "docker", Fakes(tmp_path).caller()).detect().reason


def test_a_screen_that_never_ends_is_left_once_the_answer_is_whole(tmp_path: Path) -> None:
    tool, fakes = assistant(tmp_path, says(f"Here it is:\n```dockerfile\n{GOOD_DOCKERFILE}```\nShall I go on?"))
    started = time.monotonic()
    answer = tool.propose(request("dockerfile"))
    assert answer.status is Status.OK
    assert answer.content == GOOD_DOCKERFILE
    assert time.monotonic() - started < 15
    assert "\x1b" not in answer.raw
    assert fakes.seen("docker", "pwd").strip().endswith("/work")
    assert "AWS_SECRET_ACCESS_KEY" not in fakes.seen("docker", "env")


def test_a_screen_that_never_answers_is_a_time_out(tmp_path: Path) -> None:
    answer = assistant(tmp_path, "", timeout_s=1.0)[0].propose(request("dockerfile"))
    assert answer.status in {Status.TIMEOUT, Status.MALFORMED}
    assert answer.status is Status.TIMEOUT
    assert answer.content == ""


def test_approvals_are_refused(tmp_path: Path) -> None:
    asks = 'printf "Run shell: rm -rf /  Approve? [Y/n/a] "; read -r reply; echo "got=$reply"; exit 0'
    answer = assistant(tmp_path, asks)[0].propose(request("dockerfile"))
    assert answer.status is Status.REFUSED
    assert "got=n" in answer.raw


def test_an_answer_without_a_dockerfile(tmp_path: Path) -> None:
    answer = assistant(tmp_path, 'echo "I would rather talk about whales."; exit 0')[0].propose(request("dockerfile"))
    assert answer.status is Status.MALFORMED


def test_it_is_asked_for_dockerfiles_alone(tmp_path: Path) -> None:
    assert assistant(tmp_path, "")[0].propose(request("health")).status is Status.UNAVAILABLE
