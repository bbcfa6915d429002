"""A way from a loopback port of this machine to a Service of the cluster, kept open until it is stopped.

`kubectl port-forward` binds to one pod and ends with it; so a thread starts it again, on the same local port.
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.cluster.kubectl import kubectl
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.command import BackgroundCommand

READY_S: Final = 20.0
POLL_S: Final = 0.1
AGAIN_S: Final = 0.5
_OPEN: Final = re.compile(r"^Forwarding from 127\.0\.0\.1:(\d+) ->")


class PortForward:
    """One port-forward of a run; teardown stops it as it stops any background command."""

    def __init__(self, context: RunContext, service: str, port: int) -> None:
        """Open it and put it on the list of what teardown stops.

        Args:
            context: The run.
            service: Name of the Service in the run's namespace.
            port: The Service's port.

        Raises:
            PhaseError: It can't be opened.
        """
        self._context = context
        self._service, self._target = service, port
        self._stopping = threading.Event()
        self.port = 0
        self._command = self._open()
        context.background.append(self)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    @property
    def running(self) -> bool:
        """Whether it is open now."""
        return self._command.running

    def stop(self, grace_s: float = 5.0) -> int:
        """Close it and return the exit status of its last process; safe to call twice."""
        self._stopping.set()
        self._keeper.join(READY_S)
        return self._command.stop(grace_s)

    def _open(self) -> BackgroundCommand:
        """Start kubectl and wait until it listens; the first time it chooses the local port, later that one is kept."""
        name = f"port-forward {self._service}"
        self._context.journal.creating("process", name)
        try:
            command = self._context.commands.start(self._argv())
        except CommandError as error:
            raise PhaseError("deploy", f"kubectl can't be started: {error}", "run `todo-k8s setup`") from None
        process = processes.find(command.pid)
        if process:
            self._context.journal.created("process", name, pid=process.pid, start=process.start)
        try:
            self.port = self._wait(command)
        except BaseException:
            command.stop()
            raise
        return command

    def _wait(self, command: BackgroundCommand) -> int:
        """Wait until kubectl says on which port it listens, and return it."""
        deadline_s = time.monotonic() + READY_S
        while time.monotonic() < deadline_s and not self._stopping.is_set():
            running = command.running
            if not running:
                command.stop()  # so that its last words are read to the end
            for line in list(command.lines):
                if match := _OPEN.match(line):
                    return int(match[1])
            if not running:
                break
            time.sleep(POLL_S)
        said = " / ".join(list(command.lines)[-2:]) or "nothing"
        raise PhaseError(
            "deploy", f"no port-forward to the service {self._service}: kubectl said {said}", "look at its pods"
        )

    def _keep(self) -> None:
        """Open it again whenever it ended by itself, until it is stopped."""
        while not self._stopping.wait(AGAIN_S):
            if self._command.running:
                continue
            self._command.stop()
            try:
                self._command = self._open()
            except PhaseError:
                continue  # its pod may not be back yet

    def _argv(self) -> Sequence[str]:
        return [
            *kubectl(self._context.toolchain, self._context.cluster, self._context.settings.namespace),
            *("port-forward", "--address", "127.0.0.1"),
            *(f"service/{self._service}", f"{self.port or ''}:{self._target}"),
        ]
