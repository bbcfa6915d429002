"""`todo-k8s app up` for real: used through the frontend's address, ended by SIGTERM, nothing of it left."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.flows.journey import Journey, KeptTasks, list_again, use_the_application
from pytest_todo_k8s.flows.visitor import Account
from pytest_todo_k8s.plain.up import SESSIONS
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.redaction import Redactor
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.plain.node import Node
    from pytest_todo_k8s.tools.command import BackgroundCommand

ROOT = Path(__file__).parents[3]
UP_TIMEOUT_S = 240.0
"""Long, because the first one installs the backend's packages."""
PARTS = {"PostgreSQL", "Gemini emulator", "backend", "frontend"}


@pytest.fixture
def command(built: Node) -> Iterator[BackgroundCommand]:
    """The command in a process of its own."""
    del built  # the same build serves it
    commands = CommandRunner(os.environ)
    command = commands.start([sys.executable, "-m", "pytest_todo_k8s.cli", "app", "up", "--port=0"], cwd=ROOT)
    yield command
    command.stop(grace_s=60)


def address(command: BackgroundCommand) -> str:
    deadline = time.monotonic() + UP_TIMEOUT_S
    while not (found := re.search(r"frontend  (http://127\.0\.0\.1:\d+)$", "\n".join(command.lines), re.MULTILINE)):
        assert command.running, list(command.lines)
        assert time.monotonic() < deadline, list(command.lines)
        time.sleep(0.2)
    return found[1]


def session_of(pid: int) -> str:
    """Return the id of the session that a process opened, by its journal."""
    for journal in (cache_root(os.environ) / SESSIONS).glob("*/journal.jsonl"):
        if f'"pid": {pid},' in journal.read_text(encoding="utf-8").partition("\n")[0]:
            return journal.parent.name
    raise AssertionError("there is no session")


def test_the_application_without_containers(command: BackgroundCommand) -> None:
    url = address(command)
    session = session_of(command.pid)
    children = list(processes.of_run(session))
    assert len(children) >= len(PARTS)
    journey, account = Journey(time.monotonic), Account.new("ann", Redactor())
    kept = KeptTasks("water the plants", "buy milk")
    use_the_application(journey, url, account, kept, Account.new("bob", Redactor()))
    list_again(journey, url, account, kept)
    assert {step.name for step in journey.steps} >= {"sign-up", "log-in", "create", "chat", "second user", "log-out"}
    os.kill(command.pid, signal.SIGTERM)
    command.process.wait(60)
    assert command.stop() == 0
    lines = list(command.lines)
    assert lines[-1] == "app       stopped, nothing left"
    assert {line.partition(" | ")[0] for line in lines} >= PARTS
    assert [process for process in children if process.alive] == []
    assert list(processes.of_run(session)) == []
    assert not (cache_root(os.environ) / SESSIONS / session).exists()
