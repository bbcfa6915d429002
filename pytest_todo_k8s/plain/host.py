"""What the plain application needs of whoever runs it: a run of the gate, or `todo-k8s app up`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_todo_k8s.errors import TodoK8sError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.context import Background
    from pytest_todo_k8s.journal import Journal
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.redaction import Redactor


class PlainError(TodoK8sError):
    """A part of the plain application can't be made or started."""


class Host(Protocol):
    """Whoever runs plain processes; a `RunContext` is one."""

    @property
    def commands(self) -> CommandRunner:
        """Starts every process."""

    @property
    def redactor(self) -> Redactor:
        """Learns every secret before it is used."""

    @property
    def journal(self) -> Journal:
        """Told of a process before there is one."""

    @property
    def background(self) -> list[Background]:
        """What has to be stopped at the end, however it comes."""

    @property
    def state_dir(self) -> Path:
        """Private folder (0700) that goes with its owner."""

    @property
    def logs_dir(self) -> Path:
        """Folder for logs that the user may look at."""

    @property
    def progress(self) -> Callable[[str], None]:
        """Prints one line for the user."""
