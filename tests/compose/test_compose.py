"""compose.yaml on the real engine: the containers become healthy, are used, and are stopped without a trace."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.flows.journey import Journey, KeptTasks, use_the_application
from pytest_todo_k8s.flows.visitor import Account
from pytest_todo_k8s.measuring.fetch import fetch, new_session
from pytest_todo_k8s.tools.command import CommandError, CommandRunner
from pytest_todo_k8s.tools.redaction import Redactor
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.tools.command import CommandResult

ROOT = Path(__file__).parents[2]
BUILD_TIMEOUT_S = 600.0
"""For an empty build cache; after the main job it takes seconds."""
UP_TIMEOUT_S = 180.0
DOWN_TIMEOUT_S = 90.0
QUICK_S = 30.0
MADE = (["container", "ls", "--all"], ["volume", "ls"], ["network", "ls"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Project:
    """One project of Compose, with variables and ports of its own."""

    def __init__(self, folder: Path) -> None:
        toolchain = Toolchain.load(os.environ)
        self.docker = toolchain.path("docker")
        self.name = f"todo-compose-{os.getpid()}"
        self.frontend, self.backend = free_port(), free_port()
        ports = {"FRONTEND_PORT": str(self.frontend), "BACKEND_PORT": str(self.backend)}
        self.commands = CommandRunner({**toolchain.child_environment(os.environ), **ports})
        self.variables = folder / ".env"
        self.commands.run(
            [sys.executable, "-m", "pytest_todo_k8s.cli", "app", "env", "--file", self.variables], timeout_s=QUICK_S
        )
        plugin = self.commands.run([self.docker, "compose", "version"], timeout_s=QUICK_S, check=False).ok
        self._program: list[str | Path] = [self.docker, "compose"] if plugin else ["docker-compose"]

    def compose(self, *words: str, timeout_s: float) -> CommandResult:
        given: list[str | Path] = [
            "--project-name",
            self.name,
            "--env-file",
            self.variables,
            "--file",
            ROOT / "compose.yaml",
        ]
        return self.commands.run([*self._program, *given, *words], timeout_s=timeout_s, cwd=ROOT)

    def left(self) -> list[str]:
        """What the engine has of this project."""
        label = f"label=com.docker.compose.project={self.name}"
        found = [
            self.commands.run([self.docker, *words, "--quiet", "--filter", label], timeout_s=QUICK_S).stdout.split()
            for words in MADE
        ]
        images = self.commands.run([self.docker, "image", "ls", "--format", "{{.Repository}}"], timeout_s=QUICK_S)
        named = [name for name in images.stdout.split() if name.startswith(self.name)]
        return [*(name for names in found for name in names), *named]

    def status(self, service: str) -> str:
        identity = self.compose("ps", "--quiet", service, timeout_s=QUICK_S).stdout.strip()
        asked: list[str | Path] = [
            self.docker,
            "container",
            "inspect",
            "--format",
            "{{.State.Health.Status}}",
            identity,
        ]
        return self.commands.run(asked, timeout_s=QUICK_S).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    try:
        project.compose("build", timeout_s=BUILD_TIMEOUT_S)
        yield project
    finally:
        project.compose("down", "--volumes", "--rmi", "local", timeout_s=DOWN_TIMEOUT_S)
    assert project.left() == []


def answer(url: str) -> tuple[int | None, str]:
    with new_session() as session:
        fetched = fetch(session, url, timeout_s=3.0)
    return fetched.status, fetched.text


def test_the_containers_work_together(project: Project) -> None:
    project.compose("up", "--detach", timeout_s=UP_TIMEOUT_S)
    url, deadline = f"http://127.0.0.1:{project.frontend}", time.monotonic() + UP_TIMEOUT_S
    while answer(f"{url}/api/ready")[0] != 200 or project.status("frontend") != "healthy":
        assert time.monotonic() < deadline, project.compose("logs", "--tail=20", timeout_s=QUICK_S).stdout
        time.sleep(0.5)
    assert answer(f"http://127.0.0.1:{project.backend}/health")[0] == 200
    assert answer(f"http://127.0.0.1:{project.backend}/ready")[0] == 200
    status, page = answer(url)
    assert status == 200
    assert "Todo" in page
    assert {project.status(name) for name in ("postgres", "gemini-emulator", "backend", "frontend")} == {"healthy"}
    journey = Journey(time.monotonic)
    use_the_application(journey, url, Account.new("ann", Redactor()), KeptTasks("water the plants", "buy milk"))
    assert [step.name for step in journey.steps if not step.ok] == []
    assert "chat" in {step.name for step in journey.steps}


def test_without_its_variables_it_says_how_to_make_them(project: Project) -> None:
    project.variables.write_text("", encoding="utf-8")
    with pytest.raises(CommandError, match=r"todo-k8s app env"):
        project.compose("config", timeout_s=QUICK_S)
