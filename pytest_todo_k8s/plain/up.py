"""`todo-k8s app up`: the whole application as plain processes in the foreground, until it is told to stop."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import shutil
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import journal
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.journal import Journal
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.plain import application, postgres
from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.node import Node
from pytest_todo_k8s.plain.server import Serving
from pytest_todo_k8s.settings import ClusterChoice
from pytest_todo_k8s.signals import Signals
from pytest_todo_k8s.sweep import sweep_processes
from pytest_todo_k8s.teardown import Teardown
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.processes import RUN_VARIABLE
from pytest_todo_k8s.tools.redaction import Redactor
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.context import Background

SESSIONS: Final = "app"
"""Folder of the cache with one private folder for each application that is up, or did not end cleanly."""
FOREVER_S: Final = 10 * 365 * 24 * 3600
"""A developer's application lives as long as its process, unlike a run of the gate."""
_POLL_S: Final = 0.2


@dataclass
class Session:
    """One application that is up: the `Host` of its processes.

    Attributes:
        commands: Starts every process.
        redactor: Knows the session's secrets.
        journal: Names what has to go, so that the next session can end what a killed one left.
        state_dir: Private folder, gone at the end.
        logs_dir: Folder for logs of what failed.
        progress: Prints one line for the user.
        background: The servers.
    """

    commands: CommandRunner
    redactor: Redactor
    journal: Journal
    state_dir: Path
    logs_dir: Path
    progress: Callable[[str], None]
    background: list[Background] = field(default_factory=list)


def up(root: Path, port: int, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Run the application until SIGINT, SIGTERM or SIGHUP, and leave nothing of it behind.

    Args:
        root: The project's folder.
        port: Port of the frontend; 0: a free one.
        environment: The caller's.
        say: Prints one line for the user.

    Raises:
        TodoK8sError: It can't be started, or one of its processes ended by itself.
        KeyboardInterrupt: It was told to stop before it was up.
    """
    application.check(root)
    _check_port(port)
    if not postgres.installed():
        raise PlainError(postgres.MISSING, "run `pip install pytest-todo-k8s[app]`")
    signals = Signals()
    signals.end_as_interrupt()
    try:
        with session(environment, signals, say) as host:
            node = Node.found(root / application.FRONTEND, host.commands, environment)
            with application.application(host, root, cache_root(environment) / "plain", node, port) as there:
                say(f"app       frontend  {there.frontend}")
                say(f"app       backend   {there.backend}")
                say("app       the database is empty and goes with the application; Ctrl-C stops it")
                with contextlib.suppress(KeyboardInterrupt):
                    _watch(host)
                signals.shield(lambda: say("app       it is being stopped"))
    finally:
        signals.restore()
    say("app       stopped, nothing left")


@contextlib.contextmanager
def session(environment: Mapping[str, str], signals: Signals, say: Callable[[str], None]) -> Iterator[Session]:
    """Give a session; what killed ones left is removed before it, and what is left of it is removed at its end.

    Raises:
        PlainError: Something of it can't be removed.
    """
    sessions = cache_root(environment) / SESSIONS
    owner = dataclasses.replace(Owner.of_this_process(ClusterChoice("plain", "processes")), ttl_s=FOREVER_S)
    for line in sweep_processes(sessions, owner).removed:
        say(f"sweep     {line}")
    folder = sessions / owner.run_id
    folder.mkdir(parents=True, mode=0o700)
    (logs := cache_root(environment) / "logs").mkdir(exist_ok=True)
    redactor = Redactor()
    opened = Session(
        commands=CommandRunner({**environment, RUN_VARIABLE: owner.run_id}, redactor=redactor),
        redactor=redactor,
        journal=Journal(folder / journal.FILE, owner),
        state_dir=folder,
        logs_dir=logs,
        progress=say,
    )
    try:
        yield opened
    finally:
        signals.shield(lambda: say("app       it is being stopped"))
        left = Teardown(owner.run_id, opened.journal.open_entries(), None, on_gone=opened.journal.forget).run()
        if left.leftovers:
            raise PlainError("; ".join(left.leftovers))
        shutil.rmtree(folder)


def _watch(host: Session) -> None:
    """Print what the servers say until one of them ends.

    Raises:
        PlainError: One ended.
    """
    servers = [each for each in host.background if isinstance(each, Serving)]
    while True:
        for each in servers:
            status = None if each.process.running else each.stop()  # after which all that it said was read
            said = []
            while each.process.lines:
                said.append(each.process.lines.popleft())
            for line in said:
                host.progress(f"{each.server.name.removeprefix('the plain ')} | {line}")
            if status is not None:
                last = " / ".join(said[-3:]) or "it said nothing"
                raise PlainError(f"{each.server.name} ended with status {status}: {last}")
        time.sleep(_POLL_S)


def _check_port(port: int) -> None:
    """Find out early whether the frontend can have its port.

    Raises:
        ConfigError: It can't.
    """
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken" if taken else f"can't be used: {error.strerror}"
        raise ConfigError(f"port {port} {reason}", "choose another one with --port; 0 takes a free one") from None
