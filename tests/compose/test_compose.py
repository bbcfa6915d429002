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
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.tools import build_context
from pytest_todo_k8s.tools.command import CommandError, CommandRunner
from pytest_todo_k8s.tools.docker import BuildOrder, Engine
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
SERVICES = ("postgres", "gemini-emulator", "backend", "frontend")
MADE = (["container", "ls", "--all"], ["volume", "ls"], ["network", "ls"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Project:
    """One project of Compose, with variables and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.toolchain = folder, Toolchain.load(os.environ)
        self.docker = self.toolchain.path("docker")
        self.name = f"todo-compose-{os.getpid()}"
        self.frontend, self.backend = free_port(), free_port()
        given = {"FRONTEND_PORT": str(self.frontend), "BACKEND_PORT": str(self.backend), "TODO_TAG": self.name}
        self.commands = CommandRunner({**self.toolchain.child_environment(os.environ), **given})
        self.variables = folder / ".env"
        make: list[str | Path] = [sys.executable, "-m", "pytest_todo_k8s.cli", "app", "env", "--file", self.variables]
        self.commands.run(make, timeout_s=QUICK_S)
        plugin = self.commands.run([self.docker, "compose", "version"], timeout_s=QUICK_S, check=False).ok
        self._program: list[str | Path] = [self.docker, "compose"] if plugin else ["docker-compose"]

    def compose(self, *words: str, timeout_s: float) -> CommandResult:
        given: list[str | Path] = ["--project-name", self.name, "--env-file", self.variables]
        argv = [*self._program, *given, "--file", ROOT / "compose.yaml", *words]
        return self.commands.run(argv, timeout_s=timeout_s, cwd=ROOT)

    def build(self) -> None:
        """Build as the gate does, which knows how to get through a network that re-signs TLS; then Compose as a user.

        For Compose all the long steps are done then, in the engine's cache.
        """
        engine = Engine(self.toolchain, self.commands, os.environ)
        choice = ClusterChoice("minikube", "unused")
        settings = Settings(ROOT, choice, "unused", self.folder, None, None, os.environ)
        for source in settings.images:
            bases = build_context.base_images(source, self.toolchain.bases)
            order = BuildOrder(
                reference=f"{source.repository}:{self.name}",
                dockerfile=source.dockerfile,
                context=source.context,
                arguments=bases | build_context.source_date(source),
                labels={},
                cached=True,
                log_file=self.folder / f"build-{source.name}.log",
                timeout_s=BUILD_TIMEOUT_S,
            )
            engine.build(order)
        self.compose("build", timeout_s=BUILD_TIMEOUT_S)

    def images(self) -> list[str]:
        """References of the images that were built for this project."""
        argv: list[str | Path] = [self.docker, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
        found = self.commands.run(argv, timeout_s=QUICK_S).stdout.split()
        return [reference for reference in found if reference.endswith(f":{self.name}")]

    def left(self) -> list[str]:
        """What the engine has of this project."""
        label = f"label=com.docker.compose.project={self.name}"
        found = [
            self.commands.run([self.docker, *words, "--quiet", "--filter", label], timeout_s=QUICK_S).stdout.split()
            for words in MADE
        ]
        return [*(name for names in found for name in names), *self.images()]

    def status(self, service: str) -> str:
        identity = self.compose("ps", "--quiet", service, timeout_s=QUICK_S).stdout.strip()
        words = ["container", "inspect", "--format", "{{.State.Health.Status}}", identity]
        return self.commands.run([self.docker, *words], timeout_s=QUICK_S).stdout.strip()

    def down(self) -> None:
        self.compose("down", "--volumes", timeout_s=DOWN_TIMEOUT_S)
        if images := self.images():
            self.commands.run([self.docker, "image", "rm", *images], timeout_s=QUICK_S)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    try:
        project.build()
        yield project
    finally:
        project.down()
    assert project.left() == []


def answer(url: str) -> tuple[int | None, str]:
    with new_session() as session:
        fetched = fetch(session, url, timeout_s=3.0)
    return fetched.status, fetched.text


def test_the_containers_work_together(project: Project) -> None:
    project.compose("up", "--detach", timeout_s=UP_TIMEOUT_S)
    url, deadline = f"http://127.0.0.1:{project.frontend}", time.monotonic() + UP_TIMEOUT_S
    states: dict[str, str] = {}
    # All at once: on a busy machine a check may be late and count as failed for a while.
    while answer(f"{url}/api/ready")[0] != 200 or set(states.values()) != {"healthy"}:
        assert time.monotonic() < deadline, (states, project.compose("logs", "--tail=20", timeout_s=QUICK_S).stdout)
        time.sleep(0.5)
        states = {service: project.status(service) for service in SERVICES}
    assert answer(f"http://127.0.0.1:{project.backend}/health")[0] == 200
    assert answer(f"http://127.0.0.1:{project.backend}/ready")[0] == 200
    status, page = answer(url)
    assert status == 200
    assert "Todo" in page
    journey = Journey(time.monotonic)
    use_the_application(
        journey,
        url,
        Account.new("ann", Redactor()),
        KeptTasks("water the plants", "buy milk"),
        Account.new("stranger", Redactor()),
    )
    assert [step.name for step in journey.steps if not step.ok] == []
    assert "chat" in {step.name for step in journey.steps}


def test_without_its_variables_it_says_how_to_make_them(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.variables.write_text("", encoding="utf-8")
    with pytest.raises(CommandError, match=r"todo-k8s app env"):
        project.compose("config", timeout_s=QUICK_S)
