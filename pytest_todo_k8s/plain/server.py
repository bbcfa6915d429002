"""Servers of the plain application: on a loopback port, journalled, ended whatever happens."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.measuring.fetch import fetch, new_session
from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.plain.host import Host
    from pytest_todo_k8s.tools.command import BackgroundCommand

_ATTEMPTS: Final = 3
_START_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.1
_STOP_GRACE_S: Final = 10.0


class EndedEarlyError(PlainError):
    """A server ended before it was of use."""


@dataclass(frozen=True, slots=True)
class Server:
    """A program that serves on a loopback port of its own.

    Attributes:
        name: What an error calls it.
        argv: Its argument list for a port.
        cwd: Its working directory.
        ready: Tells whether it serves on a port; called again and again until it does.
        environment: Variables for a port, on top of those that every child has.
        port: The port it must have; 0: a free one.
    """

    name: str
    argv: Callable[[int], list[str | os.PathLike[str]]]
    cwd: Path
    ready: Callable[[int, BackgroundCommand], bool]
    environment: Callable[[int], Mapping[str, str]] = field(default=lambda _port: {})
    port: int = 0


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs; the host's `background` has one for each.

    Attributes:
        server: What it is.
        process: Its process.
    """

    server: Server
    process: BackgroundCommand

    def stop(self, grace_s: float = _STOP_GRACE_S) -> int:
        """End it and return its exit status; safe to call twice."""
        return self.process.stop(grace_s)

    def last_words(self) -> str:
        """Return the last lines it said."""
        return " / ".join(list(self.process.lines)[-3:])[-400:] or "it said nothing"


@contextlib.contextmanager
def serving(host: Host, server: Server) -> Iterator[int]:
    """Run a server for as long as the block lasts and give its port.

    Such programs take a port by its number, so it is chosen by the kernel and let go a moment before; where another
    process took it in between, the server ends at once and is started on another one.

    Raises:
        PlainError: It can't be started, or does not serve in time.
    """
    with contextlib.ExitStack() as stack:
        for attempt in range(1, _ATTEMPTS + 1):
            port = server.port or _free_port()
            with contextlib.ExitStack() as trial:
                running = trial.enter_context(_running(host, server, port))
                try:
                    _wait(running, port)
                except EndedEarlyError:
                    if attempt == _ATTEMPTS or server.port:
                        raise
                    continue
                stack.push(trial.pop_all())
                break
        yield port


@contextlib.contextmanager
def _running(host: Host, server: Server, port: int) -> Iterator[Serving]:
    name = f"{server.name} on port {port}"
    host.journal.creating("process", name)
    try:
        process = host.commands.start(server.argv(port), env=server.environment(port), cwd=server.cwd)
    except CommandError as error:
        raise PlainError(f"{server.name} can't be started: {error}") from None
    running = Serving(server, process)
    host.background.append(running)
    try:
        if found := processes.find(process.pid):
            host.journal.created("process", name, pid=found.pid, start=found.start)
        yield running
    finally:
        running.stop()
        host.background.remove(running)
        host.journal.removed("process", name)


def answers(path: str) -> Callable[[int, BackgroundCommand], bool]:
    """Return a `Server.ready` that asks for a path and wants status 200."""

    def ready(port: int, _process: BackgroundCommand) -> bool:
        with new_session() as session:
            return fetch(session, f"http://127.0.0.1:{port}{path}", timeout_s=3.0).status == HTTPStatus.OK

    return ready


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait(running: Serving, port: int) -> None:
    """Wait until the server serves.

    Raises:
        EndedEarlyError: It ended.
        PlainError: It did not serve in time.
    """
    server, process = running.server, running.process
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.ready(port, process):
        if not process.running:
            raise EndedEarlyError(f"{server.name} ended with status {process.stop()}: {running.last_words()}")
        if time.monotonic() > deadline:
            raise PlainError(f"{server.name} did not serve within {_START_TIMEOUT_S:.0f} s: {running.last_words()}")
        time.sleep(_POLL_S)
