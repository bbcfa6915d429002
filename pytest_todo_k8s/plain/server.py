"""Servers of the plain application: on a loopback port, journalled, ended whatever happens."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.command import BackgroundCommand

_ATTEMPTS: Final = 3
_START_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.1
_STOP_GRACE_S: Final = 10.0


class EndedEarlyError(PhaseError):
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
    """

    name: str
    argv: Callable[[int], list[str | os.PathLike[str]]]
    cwd: Path
    ready: Callable[[int, BackgroundCommand], bool]
    environment: Callable[[int], Mapping[str, str]] = field(default=lambda _port: {})


@contextlib.contextmanager
def serving(context: RunContext, server: Server) -> Iterator[int]:
    """Run a server for as long as the block lasts and give its port.

    Such programs take a port by its number, so it is chosen by the kernel and let go a moment before; where another
    process took it in between, the server ends at once and is started on another one.

    Raises:
        PhaseError: It can't be started, or does not serve in time.
    """
    with contextlib.ExitStack() as stack:
        for attempt in range(1, _ATTEMPTS + 1):
            port = _free_port()
            with contextlib.ExitStack() as trial:
                process = trial.enter_context(_running(context, server, port))
                try:
                    _wait(server, process, port)
                except EndedEarlyError:
                    if attempt == _ATTEMPTS:
                        raise
                    continue
                stack.push(trial.pop_all())
                break
        yield port


@contextlib.contextmanager
def _running(context: RunContext, server: Server, port: int) -> Iterator[BackgroundCommand]:
    name = f"{server.name} on port {port}"
    context.journal.creating("process", name)
    try:
        process = context.commands.start(server.argv(port), env=server.environment(port), cwd=server.cwd)
    except CommandError as error:
        raise PhaseError("parity", f"{server.name} can't be started: {error}") from None
    context.background.append(process)
    try:
        if found := processes.find(process.pid):
            context.journal.created("process", name, pid=found.pid, start=found.start)
        yield process
    finally:
        process.stop(_STOP_GRACE_S)
        context.background.remove(process)
        context.journal.removed("process", name)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait(server: Server, process: BackgroundCommand, port: int) -> None:
    """Wait until the server serves.

    Raises:
        EndedEarlyError: It ended.
        PhaseError: It did not serve in time.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.ready(port, process):
        if not process.running:
            raise EndedEarlyError("parity", f"{server.name} ended with status {process.stop()}: {_last(process)}")
        if time.monotonic() > deadline:
            raise PhaseError("parity", f"{server.name} did not serve within {_START_TIMEOUT_S:.0f} s: {_last(process)}")
        time.sleep(_POLL_S)


def _last(process: BackgroundCommand) -> str:
    return " / ".join(list(process.lines)[-3:])[-400:] or "it said nothing"
